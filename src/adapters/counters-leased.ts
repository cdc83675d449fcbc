import { leaseTerms } from '../core/lease.ts'
import { type BucketState, type Charge, type ChargeResult, type Limit, NO_WARNINGS } from '../core/limits.ts'
import type { CounterStore } from '../core/ports.ts'
import { type Lease, type LeaseCharge, Leases } from './leased/leases.ts'

export interface LeasedOptions {
  /** Where everything is counted. */
  readonly store: CounterStore
  /** How many processes share the store. */
  readonly replicas: () => number
  /** Buckets of which a lease is held at once. Default 40,000. */
  readonly maxLeases?: number
}

const MAX_LEASES = 40_000
const SWEEP_MS = 250

const isLeased = ({ limit }: Charge): boolean => limit.accuracy === 'leased'

/**
 * Takes shares of `accuracy: leased` limits from a store and spends them here, so that most requests make no round trip.
 * What is exact goes to the store every time. All charges of a request are taken, or none.
 */
export class LeasedCounters implements CounterStore {
  readonly #store: CounterStore
  readonly #replicas: () => number
  readonly #leases: Leases
  /** Buckets for which a lease is on its way: whoever comes meanwhile asks for one request. */
  readonly #asking = new Set<string>()
  /** Leases that charges were taken from. */
  readonly #takenFrom = new WeakMap<Charge, Lease>()
  readonly #timer: NodeJS.Timeout

  constructor({ store, replicas, maxLeases = MAX_LEASES }: LeasedOptions) {
    this.#store = store
    this.#replicas = replicas
    this.#leases = new Leases(maxLeases, (lease, credit) => this.#giveBack(lease, credit))
    this.#timer = setInterval(() => this.#leases.sweep(performance.now()), SWEEP_MS)
    this.#timer.unref()
  }

  /** @returns at once when leases cover the request */
  charge(charges: readonly Charge[], nowMs: number): ChargeResult | Promise<ChargeResult> {
    if (!charges.some(isLeased)) return this.#store.charge(charges, nowMs)
    const uncovered = this.#spend(charges)
    if (uncovered.length === 0) return this.#told(charges)
    return this.#ask(charges, uncovered, nowMs)
  }

  /** What came from a lease goes back to it. */
  refund(charges: readonly Charge[], nowMs: number): void {
    const ofStore: Charge[] = []
    for (const charge of charges) if (!this.#unspend(charge)) ofStore.push(charge)
    if (ofStore.length > 0) this.#store.refund(ofStore, nowMs)
  }

  release(charges: readonly Charge[]): void {
    this.#store.release(charges)
  }

  /** As the store has it: what is leased counts as spent. */
  read(limit: Limit, key: string, nowMs: number): BucketState | Promise<BucketState> {
    return this.#store.read(limit, key, nowMs)
  }

  reset(key: string): void | Promise<void> {
    this.#leases.forget(key)
    return this.#store.reset(key)
  }

  /** Gives all leases back; the store has to stay until it has taken them. */
  close(): void {
    clearInterval(this.#timer)
    this.#leases.endAll()
  }

  /** Spends of leases what it can. @returns the charges that no lease covers */
  #spend(charges: readonly Charge[]): Charge[] {
    const atMs = performance.now()
    const uncovered: Charge[] = []
    for (const charge of charges) {
      const lease = isLeased(charge) ? this.#leases.find(charge.key, charge.cost, atMs) : null
      if (lease === null) uncovered.push(charge)
      else {
        lease.credit -= charge.cost
        this.#takenFrom.set(charge, lease)
      }
    }
    return uncovered
  }

  #unspend(charge: Charge): boolean {
    const lease = this.#takenFrom.get(charge)
    if (lease === undefined) return false
    this.#takenFrom.delete(charge)
    // One that has ended was given back without this.
    if (this.#leases.find(charge.key, 0, performance.now()) === lease) lease.credit += charge.cost
    else this.#giveBack(lease, charge.cost)
    return true
  }

  /** Asks the store for what no lease covers, and for new leases with it. */
  async #ask(charges: readonly Charge[], uncovered: readonly Charge[], nowMs: number): Promise<ChargeResult> {
    const leases = this.#leasesFor(uncovered)
    try {
      const result = await this.#askWith(uncovered, leases, nowMs)
      if (result.refused === -1) return this.#merged(charges, uncovered, result)
      return this.#refused(charges, uncovered, result)
    } catch (error) {
      for (const charge of charges) this.#unspend(charge)
      throw error
    } finally {
      for (const { key } of leases) this.#asking.delete(key)
    }
  }

  #leasesFor(uncovered: readonly Charge[]): LeaseCharge[] {
    const nowMs = performance.now()
    const leases: LeaseCharge[] = []
    for (const { limit, key } of uncovered) {
      const cost = leaseTerms(limit, this.#replicas())?.lease ?? 0
      if (cost === 0 || this.#asking.has(key) || this.#leases.isFull(key, nowMs)) continue
      this.#asking.add(key)
      leases.push({ limit, key, cost })
    }
    return leases
  }

  async #askWith(
    uncovered: readonly Charge[],
    leases: readonly LeaseCharge[],
    nowMs: number,
  ): Promise<ChargeResult> {
    if (leases.length === 0) return this.#store.charge(uncovered, nowMs)
    const result = await this.#store.charge([...uncovered, ...leases], nowMs)
    if (result.refused !== -1) {
      const { key } = [...uncovered, ...leases][result.refused] as Charge
      if (leases.some((lease) => lease.key === key)) return this.#askWithout(uncovered, leases, nowMs)
      return { ...result, states: result.states.slice(0, uncovered.length) }
    }
    for (const [i, charge] of leases.entries()) {
      const left = result.states[uncovered.length + i] as BucketState
      const lease = { bucket: charge.key, charge, atMs: nowMs, credit: charge.cost, left }
      this.#leases.add({ ...lease, takenMs: performance.now() })
    }
    return { ...result, states: result.states.slice(0, uncovered.length) }
  }

  /** Near the limit there is room for a request and none for a lease. */
  #askWithout(uncovered: readonly Charge[], leases: readonly LeaseCharge[], nowMs: number) {
    for (const { key } of leases) this.#leases.noteFull(key, performance.now())
    return this.#store.charge(uncovered, nowMs)
  }

  #merged(charges: readonly Charge[], uncovered: readonly Charge[], result: ChargeResult): ChargeResult {
    const states = charges.map((charge) => {
      const at = uncovered.indexOf(charge)
      return at === -1 ? this.#stateOf(charge) : (result.states[at] as BucketState)
    })
    return { ...result, states }
  }

  #refused(charges: readonly Charge[], uncovered: readonly Charge[], result: ChargeResult): ChargeResult {
    const merged = this.#merged(charges, uncovered, result)
    for (const charge of charges) this.#unspend(charge)
    return { ...merged, refused: charges.indexOf(uncovered[result.refused] as Charge) }
  }

  #told(charges: readonly Charge[]): ChargeResult {
    const states = charges.map((charge) => this.#stateOf(charge))
    return { refused: -1, cause: 'window', retryAfterMs: 0, states, warnings: NO_WARNINGS }
  }

  /** What was left when the lease was taken, and what is left of the lease. */
  #stateOf(charge: Charge): BucketState {
    const { left, credit, takenMs } = this.#takenFrom.get(charge) as Lease
    const elapsedMs = Math.floor(performance.now() - takenMs)
    return { ...left, remaining: left.remaining + credit, resetMs: Math.max(0, left.resetMs - elapsedMs) }
  }

  #giveBack({ charge, atMs }: Lease, cost: number): void {
    charge.cost = cost
    this.#store.refund([charge], atMs)
  }
}
