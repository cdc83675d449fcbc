import type { Sample } from './measure.ts'

export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** A line of the table: one contender over all rounds. */
export interface Row {
  readonly id: string
  readonly title: string
  readonly cpuMicros: Spread
  readonly requestsPerSecond: Spread
  readonly p50Ms: Spread
  readonly p99Ms: Spread
  readonly rssMb: Spread
  readonly failures: number
}

/** Something the run has to hold; `value` is null when it could not be measured. */
export interface Bar {
  readonly name: string
  readonly value: Spread | null
  readonly max: number
  readonly unit: '×' | 'MB' | 'ms'
  /** A bar decides the exit code, an aim does not. */
  readonly kind: 'bar' | 'aim'
}

/** @throws RangeError on an empty list */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const low = sorted[0]
  const high = sorted.at(-1)
  if (low === undefined || high === undefined) throw new RangeError('no values')
  return { median: median(sorted), low, high }
}

function median(sorted: readonly number[]): number {
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

export function rowOf(id: string, title: string, samples: readonly Sample[]): Row {
  const own = samples.filter((sample) => sample.id === id)
  return {
    id,
    title,
    cpuMicros: spread(own.map((sample) => sample.cpuMicros)),
    requestsPerSecond: spread(own.map((sample) => sample.requestsPerSecond)),
    p50Ms: spread(own.map((sample) => sample.p50Ms)),
    p99Ms: spread(own.map((sample) => sample.p99Ms)),
    rssMb: spread(own.map((sample) => sample.rssMb)),
    failures: own.reduce((sum, sample) => sum + sample.failures, 0),
  }
}

/**
 * CPU per request of one contender over that of another, taken within each round: what slows the machine for a
 * while slows both.
 *
 * @returns null when no round has both
 */
export function ratio(samples: readonly Sample[], id: string, against: string): Spread | null {
  const ratios = samples
    .filter((sample) => sample.id === id)
    .flatMap((own) => {
      const other = samples.find((sample) => sample.id === against && sample.round === own.round)
      return other === undefined ? [] : [own.cpuMicros / other.cpuMicros]
    })
  return ratios.length === 0 ? null : spread(ratios)
}

/** The promises of the design, section 7. */
export function chainBars(samples: readonly Sample[]): Bar[] {
  const proxy = ratio(samples, 'sallyport', 'http-proxy')
  const stack = ratio(samples, 'sallyport', 'plugin-stack')
  return [
    { name: 'sallyport / bare http-proxy', value: proxy, max: 1, unit: '×', kind: 'bar' },
    { name: 'sallyport / plug-in stack', value: stack, max: 0.5, unit: '×', kind: 'bar' },
    { name: 'sallyport / bare http-proxy', value: proxy, max: 0.75, unit: '×', kind: 'aim' },
  ]
}

export type Verdict = 'held' | 'broken' | 'not judged'

/** The median decides. A value that is no number breaks the bar. */
export function verdict({ value, max }: Bar): Verdict {
  if (value === null) return 'not judged'
  return value.median <= max ? 'held' : 'broken'
}
