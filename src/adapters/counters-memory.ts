import {
  type BucketState,
  type Charge,
  type ChargeResult,
  checkCost,
  type Limit,
  NO_WARNINGS,
} from '../core/limits.ts'
import type { CounterStore } from '../core/ports.ts'
import { Buckets, MISSING } from './counters/buckets.ts'
import { Cooldowns } from './counters/cooldowns.ts'
import { QuotaJournal } from './counters/quotas.ts'
import { Tally } from './counters/tally.ts'

/**
 * With a key of the usual length a bucket costs 370, 580 or 800 bytes with one, two or three windows: at worst 32 MB
 * in all, which is what a 256 MB container has to spare.
 */
const DEFAULT_MAX_BUCKETS = 40_000

/** Numbers for the metrics. */
export interface CountersStats {
  readonly buckets: number
  readonly maxBuckets: number
  /** Buckets that are marked as being at their limit. */
  readonly refusing: number
  /** Buckets that had to go for a new one while they still counted. */
  readonly evictions: number
  /** Those of them that were at their limit, because every bucket was: `maxBuckets` is too small for the traffic. */
  readonly evictedRefusing: number
  /** Buckets that held nothing any more. */
  readonly reclaimed: number
}

/** Counts in this process. Every method is synchronous, so a charge is one step that no other request can come into. */
export class MemoryCounters implements CounterStore {
  readonly #buckets: Buckets
  readonly #tally: Tally
  readonly #cooldowns: Cooldowns
  /** Buckets of the charges in hand, by index. */
  readonly #found: number[] = []

  /**
   * @param options.maxBuckets the most buckets kept at once
   * @param options.maxCooldowns the most buckets whose refusals are counted at once
   */
  constructor(options: { readonly maxBuckets?: number; readonly maxCooldowns?: number } = {}) {
    this.#buckets = new Buckets(options.maxBuckets ?? DEFAULT_MAX_BUCKETS)
    this.#tally = new Tally(this.#buckets)
    this.#cooldowns = new Cooldowns(options.maxCooldowns)
  }

  /** Has changes of quotas noted from now on, for a store that keeps them; once, before the first charge. */
  keepQuotas(): QuotaJournal {
    this.#tally.journal ??= new QuotaJournal(this.#buckets)
    return this.#tally.journal
  }

  /**
   * Checks every window of every charge, then takes all of them or none. Of several windows that refuse, the one with
   * the longest wait is told: whoever waits that long gets in, if nobody else was quicker. A bucket that is shut, or
   * is shut by this refusal, goes before all windows.
   * @throws RangeError when a cost is not a positive integer
   */
  charge(charges: readonly Charge[], nowMs: number): ChargeResult {
    if (this.#tally.journal?.isIncomplete) this.#recall(charges, nowMs)
    if (this.#cooldowns.shut(charges, nowMs) !== -1) return this.#shutOut(charges, nowMs)
    let refused = -1
    let retryAfterMs = 0
    let window = 0
    for (let i = 0; i < charges.length; i++) {
      const waitMs = this.#waitMs(charges, i, nowMs)
      if (waitMs > 0) this.#cooldowns.refused(charges[i] as Charge, nowMs)
      if (waitMs <= retryAfterMs) continue
      retryAfterMs = waitMs
      refused = i
      window = this.#tally.waitingWindow
    }
    if (refused === -1) return this.#take(charges, nowMs)
    if (this.#cooldowns.shut(charges, nowMs) !== -1) return this.#shutOut(charges, nowMs)
    return this.#refusal(charges, refused, window, retryAfterMs, nowMs)
  }

  /** Gives back what `charge` took at `nowMs`. What has left its window by now stays as it is. */
  refund(charges: readonly Charge[], nowMs: number): void {
    for (const { key, limit, cost } of charges) {
      const bucket = this.#buckets.find(key)
      if (bucket !== MISSING) this.#tally.refund(bucket, limit, cost, nowMs)
    }
  }

  release(_charges: readonly Charge[]): void {}

  reset(key: string): void {
    this.#buckets.drop(key)
    this.#tally.journal?.forget(key)
    this.#cooldowns.drop(key)
  }

  /** What is left in a bucket: nothing while it is shut. Changes nothing. */
  read(limit: Limit, key: string, nowMs: number): BucketState {
    const restMs = this.#cooldowns.read(limit, key, nowMs)
    if (restMs > 0) return { remaining: 0, resetMs: restMs, window: 0 }
    return this.#tally.read(this.#buckets.find(key), limit, nowMs)
  }

  stats(): CountersStats {
    const { size, capacity, refusing, evictions, evictedRefusing, reclaimed } = this.#buckets
    return { buckets: size, maxBuckets: capacity, refusing, evictions, evictedRefusing, reclaimed }
  }

  #recall(charges: readonly Charge[], nowMs: number): void {
    for (const { key, limit } of charges) {
      const hasQuota = limit.windows.some(({ kind }) => kind === 'calendar')
      if (hasQuota) this.#tally.journal?.recall(key, nowMs)
    }
  }

  #waitMs(charges: readonly Charge[], index: number, nowMs: number): number {
    const charge = charges[index] as Charge
    checkCost(charge)
    const { limit, key, cost } = charge
    const bucket = this.#buckets.find(key)
    this.#found[index] = bucket
    if (bucket !== MISSING) this.#buckets.use(bucket)
    return this.#tally.waitMs(bucket, limit, cost + costBefore(charges, index, key), nowMs)
  }

  #take(charges: readonly Charge[], nowMs: number): ChargeResult {
    const warnings: string[] = []
    const states: BucketState[] = []
    const { removals } = this.#buckets
    for (let i = 0; i < charges.length; i++) {
      const { limit, key, cost } = charges[i] as Charge
      if (limit.windows.length === 0) {
        states.push(this.#tally.read(MISSING, limit, nowMs))
        continue
      }
      const found = this.#buckets.removals === removals ? (this.#found[i] as number) : MISSING
      const bucket = found === MISSING ? this.#buckets.open(key, nowMs) : found
      states.push(this.#tally.take(bucket, limit, cost, nowMs, warnings))
    }
    return {
      refused: -1,
      cause: 'window',
      retryAfterMs: 0,
      states,
      warnings: warnings.length === 0 ? NO_WARNINGS : warnings,
    }
  }

  #shutOut(charges: readonly Charge[], nowMs: number): ChargeResult {
    const refused = this.#cooldowns.shut(charges, nowMs)
    const retryAfterMs = this.#cooldowns.restMs
    const states = charges.map(({ limit, key }) => this.read(limit, key, nowMs))
    return { refused, cause: 'cooldown', retryAfterMs, states, warnings: NO_WARNINGS }
  }

  /** Opens no bucket: a refusal must not cost memory. */
  #refusal(
    charges: readonly Charge[],
    refused: number,
    window: number,
    retryAfterMs: number,
    nowMs: number,
  ): ChargeResult {
    const states: BucketState[] = []
    for (let i = 0; i < charges.length; i++) {
      const { limit } = charges[i] as Charge
      const bucket = this.#found[i] as number
      states.push(
        i === refused
          ? this.#tally.readWindow(bucket, limit, window, nowMs)
          : this.#tally.read(bucket, limit, nowMs),
      )
    }
    const bucket = this.#found[refused] as number
    if (bucket !== MISSING) this.#buckets.mark(bucket, nowMs + retryAfterMs)
    return { refused, cause: 'window', retryAfterMs, states, warnings: NO_WARNINGS }
  }
}

/** What the same request charges to the same bucket before. */
function costBefore(charges: readonly Charge[], index: number, key: string): number {
  let cost = 0
  for (let i = 0; i < index; i++) {
    const charge = charges[i] as Charge
    if (charge.key === key) cost += charge.cost
  }
  return cost
}
