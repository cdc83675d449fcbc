import {
  type BucketState,
  type Charge,
  type ChargeResult,
  type Limit,
  NO_WARNINGS,
  type StoreErrorMode,
} from '../../core/limits.ts'
import { MemoryCounters } from '../counters-memory.ts'
import { Shares } from './shares.ts'

export type InsteadCounts = Readonly<Record<StoreErrorMode, number>>

const RETRY_AFTER_MS = 1000

/** What is done with charges that the shared store cannot take. Every method is synchronous. */
export class Instead {
  readonly #local: MemoryCounters
  readonly #shares: Shares
  /** Never charged: it tells what a bucket looks like in which nothing was spent. */
  readonly #untouched = new MemoryCounters({ maxBuckets: 1 })
  readonly #counts = { local: 0, allow: 0, deny: 0 }
  /**
   * Charges that were not made in the store, with what was charged here instead, or null when nothing was. By identity:
   * a charge belongs to one request. Those made in the store are not in it, so that the usual case costs nothing.
   */
  readonly #made = new WeakMap<Charge, Charge | null>()

  constructor(local: MemoryCounters, replicas: () => number) {
    this.#local = local
    this.#shares = new Shares(replicas)
  }

  get counts(): InsteadCounts {
    return this.#counts
  }

  /** One that is denied refuses them all; of the others, those to be counted here are taken together or not at all. */
  charge(charges: readonly Charge[], nowMs: number): ChargeResult {
    const denied = charges.findIndex(({ limit }) => limit.onStoreError === 'deny')
    if (denied !== -1) return this.#deny(charges, denied, nowMs)
    const counted: Charge[] = []
    for (const charge of charges) {
      const { onStoreError } = charge.limit
      this.#counts[onStoreError] += 1
      const share = onStoreError === 'local' ? this.#shares.chargeOf(charge) : null
      if (share !== null) counted.push(share)
      this.#made.set(charge, share)
    }
    return this.#merged(charges, this.#local.charge(counted, nowMs), nowMs)
  }

  /** Gives back what was taken here. @returns the charges that were made in the store */
  refund(charges: readonly Charge[], nowMs: number): readonly Charge[] {
    if (!charges.some((charge) => this.#made.has(charge))) return charges
    const here: Charge[] = []
    const elsewhere: Charge[] = []
    for (const charge of charges) {
      const made = this.#made.get(charge)
      if (made === undefined) elsewhere.push(charge)
      else if (made !== null) here.push(made)
    }
    this.#local.refund(here, nowMs)
    return elsewhere
  }

  read(limit: Limit, key: string, nowMs: number): BucketState {
    if (limit.onStoreError === 'allow') return this.#untouched.read(limit, key, nowMs)
    return this.#local.read(this.#shares.limitOf(limit, 1), key, nowMs)
  }

  reset(key: string): void {
    this.#local.reset(key)
  }

  #deny(charges: readonly Charge[], refused: number, nowMs: number): ChargeResult {
    this.#counts.deny += 1
    for (const charge of charges) this.#made.set(charge, null)
    const states = charges.map(({ limit, key }, i) => {
      const state = this.read(limit, key, nowMs)
      return i === refused ? { ...state, remaining: 0, resetMs: RETRY_AFTER_MS } : state
    })
    return { refused, cause: 'unavailable', retryAfterMs: RETRY_AFTER_MS, states, warnings: NO_WARNINGS }
  }

  /** The result of those that were counted, told as one of all. */
  #merged(charges: readonly Charge[], result: ChargeResult, nowMs: number): ChargeResult {
    const isRefused = result.refused !== -1
    const states: BucketState[] = []
    let refused = -1
    let counted = 0
    for (const [i, charge] of charges.entries()) {
      if (this.#made.get(charge) === null) {
        states.push(this.#untouched.read(charge.limit, charge.key, nowMs))
        continue
      }
      if (counted === result.refused) refused = i
      states.push(result.states[counted] as BucketState)
      counted += 1
    }
    if (isRefused) for (const charge of charges) this.#made.set(charge, null)
    return { ...result, refused, states }
  }
}
