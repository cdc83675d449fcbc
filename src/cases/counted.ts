import { ConcurrentCounters } from '../adapters/counters/places.ts'
import { MemoryCounters } from '../adapters/counters-memory.ts'
import { type Charge, type ChargeResult, type Limit, NO_WARNINGS, type Window } from '../core/limits.ts'
import type { Counters } from '../core/ports.ts'
import type { Counters as Settings } from './schema.ts'

const RETRY_AFTER_MS = 1000
/** The requests of a case are all of one client: room for a gate's worth of buckets would be made for nothing. */
const FEW = { maxBuckets: 256, maxCooldowns: 256 }

/** The counters of one case: empty but for what the case says is spent; they remember what a request is charged. */
export class CountedCase implements Counters {
  readonly #settings: Settings
  readonly #counters = new ConcurrentCounters(new MemoryCounters(FEW))
  readonly #spentBefore = new Set<string>()
  /** By the limit's name: what the latest request was charged, less what it got back. */
  readonly #charged = new Map<string, number>()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** A new request: what is counted stays, what was charged to the one before is forgotten. */
  begin(): void {
    this.#charged.clear()
  }

  get charged(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#charged].filter(([, cost]) => cost > 0))
  }

  charge(charges: readonly Charge[], nowMs: number): ChargeResult {
    const refused = charges.findIndex(({ limit }) => this.#settings[limit.name] === 'unavailable')
    if (refused !== -1 && charges[refused]?.limit.onStoreError === 'deny')
      return unavailable(charges, refused)
    for (const charge of charges) this.#spend(charge, nowMs)
    const result = this.#counters.charge(charges, nowMs) as ChargeResult
    if (result.refused === -1) this.#note(charges, 1)
    return result
  }

  refund(charges: readonly Charge[], nowMs: number): void {
    this.#note(charges, -1)
    this.#counters.refund(charges, nowMs)
  }

  release(charges: readonly Charge[]): void {
    this.#counters.release(charges)
  }

  #note(charges: readonly Charge[], sign: 1 | -1): void {
    for (const { limit, cost } of charges) {
      this.#charged.set(limit.name, (this.#charged.get(limit.name) ?? 0) + sign * cost)
    }
  }

  /** What the case says is spent of this bucket: once, by whichever request first comes to it. */
  #spend({ limit, key }: Charge, nowMs: number): void {
    const said = this.#settings[limit.name]
    if (said === undefined || said === 'unavailable' || this.#spentBefore.has(limit.name)) return
    this.#spentBefore.add(limit.name)
    const { spent, under_way: underWay } = typeof said === 'number' ? { spent: said, under_way: 0 } : said
    const places = { limit: { ...unbounded(limit), windows: [], concurrent: underWay }, key, cost: 1 }
    for (let i = 0; i < underWay; i++) void this.#counters.charge([places], nowMs)
    if (spent > 0) void this.#counters.charge([{ limit: unbounded(limit), key, cost: spent }], nowMs)
  }
}

/** The same windows without their bounds: whatever is said to be spent can be. */
function unbounded(limit: Limit): Limit {
  const windows = limit.windows.map((window): Window => ({ ...window, max: Number.MAX_SAFE_INTEGER }))
  return { ...limit, windows, warnAt: [], cooldown: null, concurrent: null }
}

function unavailable(charges: readonly Charge[], refused: number): ChargeResult {
  const states = charges.map(() => ({ remaining: 0, resetMs: RETRY_AFTER_MS, window: 0 }))
  return { refused, cause: 'unavailable', retryAfterMs: RETRY_AFTER_MS, states, warnings: NO_WARNINGS }
}
