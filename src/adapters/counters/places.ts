import {
  type BucketState,
  type Charge,
  type ChargeResult,
  type Limit,
  NO_WARNINGS,
} from '../../core/limits.ts'
import type { CounterStore } from '../../core/ports.ts'

/** What a client that found no place is told to wait: nobody knows when a request will be over. */
const RETRY_AFTER_MS = 1000
const NO_STATES: readonly never[] = Object.freeze([])

/**
 * The requests that are under way, by bucket. Holds only what is under way in this process, so it needs no bound but
 * that of the connections.
 */
export class Places {
  readonly #taken = new Map<string, number>()

  /** Places taken in all buckets. */
  get taken(): number {
    let sum = 0
    for (const count of this.#taken.values()) sum += count
    return sum
  }

  /** Places taken in one bucket. */
  takenOf(key: string): number {
    return this.#taken.get(key) ?? 0
  }

  /**
   * Takes a place for each charge whose limit has `concurrent`, or none at all.
   * @returns index of the charge that found no place, or -1
   */
  take(charges: readonly Charge[]): number {
    for (let i = 0; i < charges.length; i++) {
      const { limit, key } = charges[i] as Charge
      if (limit.concurrent === null) continue
      const count = this.takenOf(key)
      if (count >= limit.concurrent) {
        this.#release(charges, i)
        return i
      }
      this.#taken.set(key, count + 1)
    }
    return -1
  }

  /** Frees the places of these charges. */
  release(charges: readonly Charge[]): void {
    this.#release(charges, charges.length)
  }

  #release(charges: readonly Charge[], end: number): void {
    for (let i = 0; i < end; i++) {
      const { limit, key } = charges[i] as Charge
      if (limit.concurrent === null) continue
      const count = this.#taken.get(key)
      if (count === undefined) continue
      if (count === 1) this.#taken.delete(key)
      else this.#taken.set(key, count - 1)
    }
  }
}

/**
 * Bounds what is under way at once, in front of whichever store counts the windows. It goes round all of them, so that
 * a place that was taken while Redis answered is found again when it does not.
 */
export class ConcurrentCounters implements CounterStore {
  readonly #store: CounterStore
  readonly #places = new Places()

  constructor(store: CounterStore) {
    this.#store = store
  }

  /** Places taken in all buckets. */
  get taken(): number {
    return this.#places.taken
  }

  /** Takes the places, then charges the store; gives them back when that refuses or fails. */
  charge(charges: readonly Charge[], nowMs: number): ChargeResult | Promise<ChargeResult> {
    if (!charges.some(isBounded)) return this.#store.charge(charges, nowMs)
    const full = this.#places.take(charges)
    if (full !== -1) return this.#refusal(full)
    try {
      const result = this.#store.charge(charges, nowMs)
      return result instanceof Promise ? this.#chargeLater(charges, result) : this.#settle(charges, result)
    } catch (error) {
      this.#places.release(charges)
      throw error
    }
  }

  refund(charges: readonly Charge[], nowMs: number): void {
    this.#store.refund(charges, nowMs)
  }

  release(charges: readonly Charge[]): void {
    this.#places.release(charges)
  }

  /** Of a limit without windows, the free places; of any other, what its windows leave. */
  read(limit: Limit, key: string, nowMs: number): BucketState | Promise<BucketState> {
    const { concurrent, windows } = limit
    if (concurrent !== null && windows.length === 0) {
      // A reload may have made `concurrent` smaller than what is under way.
      return { remaining: Math.max(0, concurrent - this.#places.takenOf(key)), resetMs: 0, window: 0 }
    }
    return this.#store.read(limit, key, nowMs)
  }

  /** What is under way stays counted: its places are given back when it is over. */
  reset(key: string): void | Promise<void> {
    return this.#store.reset(key)
  }

  async #chargeLater(charges: readonly Charge[], pending: Promise<ChargeResult>): Promise<ChargeResult> {
    let result: ChargeResult
    try {
      result = await pending
    } catch (error) {
      this.#places.release(charges)
      throw error
    }
    return this.#settle(charges, result)
  }

  #settle(charges: readonly Charge[], result: ChargeResult): ChargeResult {
    if (result.refused !== -1) this.#places.release(charges)
    return result
  }

  /** Without states: the windows were not looked at, which with Redis would be a round trip for a refusal. */
  #refusal(refused: number): ChargeResult {
    return {
      refused,
      cause: 'concurrent',
      retryAfterMs: RETRY_AFTER_MS,
      states: NO_STATES,
      warnings: NO_WARNINGS,
    }
  }
}

function isBounded({ limit }: Charge): boolean {
  return limit.concurrent !== null
}
