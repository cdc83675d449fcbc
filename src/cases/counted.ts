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
  /** Limits that the requests came to which the settings are about. */
  readonly #met = new Set<string>()
  #isAbout = true

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /**
   * A new request: what is counted stays, what was charged to the one before is forgotten.
   * @param isAbout the settings are about it, and not about one that comes after it
   */
  begin(isAbout: boolean): void {
    this.#charged.clear()
    this.#isAbout = isAbout
  }

  /** Limits that something is said of, and that no request came to. */
  get unmet(): readonly string[] {
    return Object.keys(this.#settings).filter((name) => !this.#met.has(name))
  }

  get charged(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#charged].filter(([, cost]) => cost > 0))
  }

  charge(charges: readonly Charge[], nowMs: number): ChargeResult {
    if (this.#isAbout) for (const { limit } of charges) this.#met.add(limit.name)
    const refused = charges.findIndex(({ limit }) => this.#isDenied(limit))
    if (refused !== -1) return unavailable(charges, refused)
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

  #isDenied(limit: Limit): boolean {
    return limit.onStoreError === 'deny' && this.#saidOf(limit) === 'unavailable'
  }

  #saidOf({ name }: Limit): Settings[string] | undefined {
    return this.#isAbout ? this.#settings[name] : undefined
  }

  /** What the case says is spent of this bucket: once, by whichever request first comes to it. */
  #spend({ limit, key }: Charge, nowMs: number): void {
    const said = this.#saidOf(limit)
    if (said === undefined || this.#spentBefore.has(limit.name)) return
    this.#spentBefore.add(limit.name)
    const { spent, under_way: underWay } = amountsOf(said)
    const places = { limit: { ...unbounded(limit), windows: [], concurrent: underWay }, key, cost: 1 }
    for (let i = 0; i < underWay; i++) void this.#counters.charge([places], nowMs)
    if (spent > 0) void this.#counters.charge([{ limit: unbounded(limit), key, cost: spent }], nowMs)
  }
}

/** What a case says is spent and under way of a limit. */
export function amountsOf(said: Settings[string]): { readonly spent: number; readonly under_way: number } {
  if (said === 'unavailable') return { spent: 0, under_way: 0 }
  return typeof said === 'number' ? { spent: said, under_way: 0 } : said
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
