import { collectDefaultMetrics, Registry } from 'prom-client'
import type { AuditRecord } from '../core/audit.ts'
import type { Charge, ChargeResult } from '../core/limits.ts'
import type { Counters } from '../core/ports.ts'
import type { CircuitStatus } from './circuit.ts'
import type { StoreStatus } from './counters-fallback.ts'
import type { CountersStats } from './counters-memory.ts'
import { counter, gauge, RouteHistogram } from './metrics-prom.ts'
import { OUTCOMES, RouteNumbers, STATUS_CLASSES } from './metrics-route.ts'
import { registerStore } from './metrics-store.ts'

/** Where numbers are read when somebody asks for the metrics. */
export interface MetricSources {
  readonly policy: () => {
    readonly hash: string
    /** Epoch milliseconds of the last load that succeeded. */
    readonly loadedAtMs: number
    readonly lastReloadGood: boolean
  }
  readonly circuits: () => readonly CircuitStatus[]
  readonly counters: () => CountersStats
  /** Absent: limits are counted in this process only. */
  readonly sharedStore?: (() => StoreStatus) | undefined
  readonly auditDropped: () => number
  readonly connections: () => Promise<number>
  readonly connectionsDropped: () => number
  readonly inFlight: () => number
  readonly pressure: () => 'ok' | 'shed_keepalive' | 'refuse'
}

export interface Metrics {
  /** Takes note of one request; some ten nanoseconds. */
  record(record: AuditRecord): void
  /** The same counters, with what they refuse and warn of counted by limit. */
  metered(counters: Counters): Counters
  /** Told the routes of a new policy: series of routes that are gone end. */
  setRoutes(ids: readonly string[]): void
  render(): Promise<string>
  readonly contentType: string
}

const NO_ROUTE = 'none'

/**
 * Labels are route ids, codes, and names of limits and upstreams: all from the policy or closed lists, so that no client
 * can make series. The request path adds to plain numbers; they become prom-client's metrics when they are asked for.
 */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry()
  const routes = new Map<string, RouteNumbers>()
  const limits = { hits: new Map<string, number>(), warnings: new Map<string, number>() }
  collectDefaultMetrics({ register: registry })
  registerRequests(registry, routes)
  registerLimits(registry, limits)
  registerGate(registry, sources)
  if (sources.sharedStore !== undefined) registerStore(registry, sources.sharedStore)
  return {
    record(record) {
      const id = record.route ?? NO_ROUTE
      let numbers = routes.get(id)
      if (numbers === undefined) {
        numbers = new RouteNumbers()
        routes.set(id, numbers)
      }
      numbers.record(record)
    },
    metered: (counters) => new MeteredCounters(counters, limits),
    setRoutes(ids) {
      const kept = new Set([NO_ROUTE, ...ids])
      for (const id of routes.keys()) if (!kept.has(id)) routes.delete(id)
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

type Routes = ReadonlyMap<string, RouteNumbers>

function registerRequests(registry: Registry, routes: Routes): void {
  counter(
    registry,
    'sallyport_requests_total',
    'Requests that are over.',
    ['route', 'outcome', 'status'],
    (add) => {
      for (const [route, { requests }] of routes) {
        for (const [i, count] of requests.entries()) {
          const outcome = OUTCOMES[Math.floor(i / STATUS_CLASSES.length)] as string
          const status = STATUS_CLASSES[i % STATUS_CLASSES.length] as string
          if (count > 0) add({ route, outcome, status }, count)
        }
      }
    },
  )
  counter(
    registry,
    'sallyport_refusals_total',
    'Answers of Sallyport itself, by code.',
    ['route', 'code'],
    (add) => {
      for (const [route, { refusals }] of routes)
        for (const [code, count] of refusals) add({ route, code }, count)
    },
  )
  const reportedHelp = 'Refusals that report mode let through, by code.'
  counter(registry, 'sallyport_reported_total', reportedHelp, ['route', 'code'], (add) => {
    for (const [route, { reported }] of routes)
      for (const [code, count] of reported) add({ route, code }, count)
  })
  const duration = [
    'sallyport_request_duration_seconds',
    'From the request line to the end of the reply.',
  ] as const
  const gate = ['sallyport_gate_duration_seconds', 'Time added before the upstream was asked.'] as const
  new RouteHistogram(registry, duration, routes, (numbers) => numbers.duration)
  new RouteHistogram(registry, gate, routes, (numbers) => numbers.gate)
}

interface LimitCounts {
  readonly hits: Map<string, number>
  readonly warnings: Map<string, number>
}

function registerLimits(registry: Registry, { hits, warnings }: LimitCounts): void {
  counter(registry, 'sallyport_limit_hits_total', 'Requests that a limit refused.', ['limit'], (add) => {
    for (const [limit, count] of hits) add({ limit }, count)
  })
  const help = 'Shares of a quota that were crossed, as `warn_at` asks.'
  counter(registry, 'sallyport_limit_warnings_total', help, ['limit'], (add) => {
    for (const [limit, count] of warnings) add({ limit }, count)
  })
}

function registerGate(registry: Registry, sources: MetricSources): void {
  gauge(registry, 'sallyport_policy_info', 'The policy in force.', ['hash'], (set) =>
    set({ hash: sources.policy().hash }, 1),
  )
  gauge(
    registry,
    'sallyport_policy_last_reload_timestamp_seconds',
    'When the policy in force was loaded.',
    [],
    (set) => set({}, sources.policy().loadedAtMs / 1000),
  )
  gauge(
    registry,
    'sallyport_policy_last_reload_successful',
    '0 when the last reload was refused.',
    [],
    (set) => set({}, sources.policy().lastReloadGood ? 1 : 0),
  )
  gauge(
    registry,
    'sallyport_circuit_state',
    '1 for the state a circuit is in.',
    ['upstream', 'state'],
    (set) => {
      for (const { name, state } of sources.circuits()) {
        for (const one of ['closed', 'open', 'half_open'])
          set({ upstream: name, state: one }, state === one ? 1 : 0)
      }
    },
  )
  counter(registry, 'sallyport_audit_dropped_total', 'Audit lines that a sink could not take.', [], (add) =>
    add({}, sources.auditDropped()),
  )
  counter(
    registry,
    'sallyport_connections_dropped_total',
    'Connections refused for `max_connections`.',
    [],
    (add) => add({}, sources.connectionsDropped()),
  )
  gauge(registry, 'sallyport_connections', 'Connections of clients.', [], async (set) =>
    set({}, await sources.connections()),
  )
  gauge(registry, 'sallyport_in_flight', 'Requests that are not over.', [], (set) =>
    set({}, sources.inFlight()),
  )
  const pressureHelp = '1 for what the memory of the process calls for.'
  gauge(registry, 'sallyport_memory_pressure', pressureHelp, ['state'], (set) => {
    for (const state of ['ok', 'shed_keepalive', 'refuse'])
      set({ state }, state === sources.pressure() ? 1 : 0)
  })
  gauge(registry, 'sallyport_limit_buckets', 'Buckets that limits are counted in.', [], (set) =>
    set({}, sources.counters().buckets),
  )
  counter(registry, 'sallyport_limit_evictions_total', 'Buckets given up for new ones.', [], (add) =>
    add({}, sources.counters().evictions),
  )
}

/** Counts what the real counters refuse and warn of; costs nothing where they do neither. */
class MeteredCounters implements Counters {
  readonly #counters: Counters
  readonly #counts: LimitCounts

  constructor(counters: Counters, counts: LimitCounts) {
    this.#counters = counters
    this.#counts = counts
  }

  charge(charges: readonly Charge[], nowMs: number): ChargeResult | Promise<ChargeResult> {
    const result = this.#counters.charge(charges, nowMs)
    if (result instanceof Promise) return result.then((settled) => this.#note(charges, settled))
    return this.#note(charges, result)
  }

  refund(charges: readonly Charge[], nowMs: number): void {
    this.#counters.refund(charges, nowMs)
  }

  release(charges: readonly Charge[]): void {
    this.#counters.release(charges)
  }

  #note(charges: readonly Charge[], result: ChargeResult): ChargeResult {
    // A store that does not answer refuses by itself: sallyport_limit_fallback_total counts that.
    const isHit = result.refused !== -1 && result.cause !== 'unavailable'
    if (isHit) add(this.#counts.hits, (charges[result.refused] as Charge).limit.name)
    for (const warning of result.warnings)
      add(this.#counts.warnings, warning.slice(0, warning.lastIndexOf(':')))
    return result
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
