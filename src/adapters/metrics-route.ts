import type { AuditOutcome, AuditRecord } from '../core/audit.ts'
import type { Code } from '../core/codes.ts'

export const OUTCOMES: readonly AuditOutcome[] = Object.freeze(['forward', 'refuse', 'answer', 'malformed'])
/** By the first digit of the status; `none` when no reply could be sent. */
export const STATUS_CLASSES: readonly string[] = Object.freeze(['none', '1xx', '2xx', '3xx', '4xx', '5xx'])

/** Upper bounds in seconds. */
const DURATION_BOUNDS: readonly number[] = Object.freeze([
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
])
const GATE_BOUNDS: readonly number[] = Object.freeze([
  0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1,
])

/** Counts by upper bound, and their sum. Plain numbers, so that an observation costs some nanoseconds. */
export class Distribution {
  readonly bounds: readonly number[]
  /** One more than bounds: the last is what lies beyond. Not cumulative. */
  readonly counts: Float64Array
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  observe(seconds: number): void {
    const { bounds, counts } = this
    let i = 0
    while (i < bounds.length && seconds > (bounds[i] as number)) i++
    counts[i] = (counts[i] as number) + 1
    this.sum += seconds
  }
}

/** The numbers of one route. */
export class RouteNumbers {
  /** By outcome, then status class. */
  readonly requests = new Float64Array(OUTCOMES.length * STATUS_CLASSES.length)
  readonly duration = new Distribution(DURATION_BOUNDS)
  readonly gate = new Distribution(GATE_BOUNDS)
  /** By code: a closed list, so bounded. */
  readonly refusals = new Map<Code, number>()
  /** What report mode let through, by code. */
  readonly reported = new Map<Code, number>()

  record(record: AuditRecord): void {
    const { outcome, status, code, trail } = record
    const index = OUTCOMES.indexOf(outcome) * STATUS_CLASSES.length + statusClass(status)
    this.requests[index] = (this.requests[index] as number) + 1
    this.duration.observe(record.durationMs / 1000)
    this.gate.observe(record.gateMs / 1000)
    if (code !== null) add(this.refusals, code)
    for (const line of trail) {
      if (line.verdict === 'report' && line.code !== undefined) add(this.reported, line.code)
    }
  }
}

function statusClass(status: number): number {
  const digit = Math.floor(status / 100)
  return digit >= 1 && digit <= 5 ? digit : 0
}

function add(counts: Map<Code, number>, code: Code): void {
  counts.set(code, (counts.get(code) ?? 0) + 1)
}
