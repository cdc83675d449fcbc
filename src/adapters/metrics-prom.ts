import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Distribution, RouteNumbers } from './metrics-route.ts'

type Routes = ReadonlyMap<string, RouteNumbers>
type Labels = Record<string, string>
type Fill = (labels: Labels, value: number) => void

/** A counter whose values are read from elsewhere whenever somebody asks. */
export function counter(
  registry: Registry,
  name: string,
  help: string,
  labelNames: string[],
  fill: (add: Fill) => void,
): void {
  const metric = new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect: () => {
      metric.reset()
      fill((labels, value) => metric.inc(labels, value))
    },
  })
}

/** A gauge whose values are read from elsewhere whenever somebody asks. */
export function gauge(
  registry: Registry,
  name: string,
  help: string,
  labelNames: string[],
  fill: (set: Fill) => void | Promise<void>,
): void {
  const metric = new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    collect: () => {
      metric.reset()
      return fill((labels, value) => metric.set(labels, value))
    },
  })
}

type Values = Awaited<ReturnType<Histogram<'route' | 'le'>['get']>>['values']

/** A histogram that reads what the routes have counted. */
export class RouteHistogram extends Histogram<'route' | 'le'> {
  readonly #routes: Routes
  readonly #of: (numbers: RouteNumbers) => Distribution
  readonly #name: string
  readonly #help: string

  constructor(
    registry: Registry,
    [name, help]: readonly [string, string],
    routes: Routes,
    of: (numbers: RouteNumbers) => Distribution,
  ) {
    super({ name, help, labelNames: ['route'], registers: [registry] })
    this.#routes = routes
    this.#of = of
    this.#name = name
    this.#help = help
  }

  /** What both Registry and `get` read: not in prom-client's types, so a test holds it to the printed text. */
  async getForPromString(): Promise<unknown> {
    const values = [...this.#routes].flatMap(([route, numbers]) => this.#values(route, this.#of(numbers)))
    return { name: this.#name, help: this.#help, type: 'histogram', values, aggregator: 'sum' }
  }

  #values(route: string, { bounds, counts, sum }: Distribution): Values {
    let total = 0
    const buckets = [...counts].map((count, i) => {
      total += count
      return { metricName: `${this.#name}_bucket`, labels: { le: bounds[i] ?? '+Inf', route }, value: total }
    })
    return [
      ...buckets,
      { metricName: `${this.#name}_sum`, labels: { route }, value: sum },
      { metricName: `${this.#name}_count`, labels: { route }, value: total },
    ]
  }
}
