import { type BucketState, bucketKey, type Charge, type ChargeResult, type Limit } from '../core/limits.ts'
import type { CounterStore } from '../core/ports.ts'
import { MemoryCounters } from './counters-memory.ts'
import { Calls } from './fallback/calls.ts'
import { Instead, type InsteadCounts } from './fallback/instead.ts'
import { type SharedStoreState, StoreCircuit } from './fallback/store-circuit.ts'
import type { StoreError } from './redis/store-error.ts'

export interface FallbackOptions {
  /** The shared store. Whatever fails in it is a StoreError. */
  readonly remote: CounterStore
  /** Counts what the store cannot; given so that its numbers can be shown. */
  readonly local?: MemoryCounters
  /** How many processes share the store: declared, or observed while it answered. Less than 1 counts as 1. */
  readonly replicas: () => number
  /** The longest that the store can hold a request up. Default 100. */
  readonly deadlineMs?: number
  /** Calls under way beyond which a request is not sent to the store any more. Default 10,000. */
  readonly maxPending?: number
  /** Told when the store is given up and when it is taken back. */
  readonly onChange?: (state: SharedStoreState) => void
}

export interface StoreStatus extends SharedStoreState {
  /** Charges that were not made in the store, by what was done instead. */
  readonly instead: InsteadCounts
}

const DEADLINE_MS = 100
const MAX_PENDING = 10_000

/**
 * A charge of its own, because only a write proves that the store takes writes: a replica, or a Redis out of memory,
 * answers PING. No name of a limit begins like this.
 */
const PROBE: readonly Charge[] = Object.freeze([
  Object.freeze({
    limit: Object.freeze({
      name: '~probe',
      by: Object.freeze(['global'] as const),
      windows: Object.freeze([Object.freeze({ kind: 'sliding', max: 1000, windowMs: 1000 } as const)]),
      warnAt: Object.freeze([]),
      cooldown: null,
      concurrent: null,
      onStoreError: 'deny',
      accuracy: 'exact',
    } as const),
    key: bucketKey('~probe', []),
    cost: 1,
  }),
])

/**
 * The shared store, and what is done without it, as `on_store_error` of each limit says.
 *
 * How right it stays. Charges of the store and of this process are two counts. One that was under way when the store
 * was given up may be counted in both: at most `maxPending` requests, each once, and only to the client's loss; it is
 * given back where it was judged, which is here, and not in the store too. Nothing is carried over: a bucket may be
 * spent once in the store and once more in the shares of all processes, so over one window that spans the change, at
 * most twice (and after a return, what was spent here is new to the store).
 */
export class FallbackCounters implements CounterStore {
  readonly #remote: CounterStore
  readonly #calls: Calls
  readonly #circuit: StoreCircuit
  readonly #instead: Instead

  constructor(options: FallbackOptions) {
    const { remote, local = new MemoryCounters(), replicas, onChange = () => undefined } = options
    const { deadlineMs = DEADLINE_MS, maxPending = MAX_PENDING } = options
    this.#remote = remote
    this.#calls = new Calls({ deadlineMs, maxPending })
    this.#instead = new Instead(local, replicas)
    this.#circuit = new StoreCircuit({ probe: () => this.#probe(), onChange })
  }

  /** Tries the store once, so that its state is known before the first request. Never rejects. */
  start(): Promise<void> {
    return this.#circuit.tryNow()
  }

  /** @returns at once while the store is given up */
  charge(charges: readonly Charge[], nowMs: number): ChargeResult | Promise<ChargeResult> {
    if (!this.#canAsk) return this.#instead.charge(charges, nowMs)
    return this.#within(this.#remote.charge(charges, nowMs), () => this.#instead.charge(charges, nowMs))
  }

  /** Gives back where it was taken. What was taken in a store that is given up by now leaves its window there. */
  refund(charges: readonly Charge[], nowMs: number): void {
    const remote = this.#instead.refund(charges, nowMs)
    if (remote.length > 0 && this.#canAsk) this.#remote.refund(remote, nowMs)
  }

  /** Places are kept in front of the store, see counters/places.ts: none was taken here. */
  release(_charges: readonly Charge[]): void {}

  /** From the store, or this process's own count when it does not answer. */
  read(limit: Limit, key: string, nowMs: number): BucketState | Promise<BucketState> {
    if (!this.#canAsk) return this.#instead.read(limit, key, nowMs)
    return this.#within(this.#remote.read(limit, key, nowMs), () => this.#instead.read(limit, key, nowMs))
  }

  /**
   * Clears this process's own count always, and the store's unless it is given up.
   * @throws StoreError when the store does not do it: whoever asked must not believe that it is done
   */
  reset(key: string): void | Promise<void> {
    this.#instead.reset(key)
    if (this.#canAsk) return this.#within(this.#remote.reset(key), thrown)
  }

  state(): StoreStatus {
    return { ...this.#circuit.state(), instead: this.#instead.counts }
  }

  /** Ends the timers. */
  close(): void {
    this.#circuit.close()
    this.#calls.close()
  }

  /** What the store answers; or else what `instead` tells or throws, and the circuit is told. */
  #within<T>(call: T | Promise<T>, instead: (error: StoreError) => T): T | Promise<T> {
    if (!(call instanceof Promise)) return call
    const { epoch } = this.#circuit
    return this.#calls.within(call, (error) => {
      // A store of which too much was asked already has not failed: only this call is made elsewhere.
      if (error.trouble !== 'busy') this.#circuit.failed(error.message, epoch)
      return instead(error)
    })
  }

  get #canAsk(): boolean {
    return this.#circuit.isClosed && !this.#calls.isFull
  }

  async #probe(): Promise<void> {
    const call = this.#remote.charge(PROBE, Date.now())
    if (call instanceof Promise) await this.#calls.within(call, thrown)
  }
}

function thrown(error: StoreError): never {
  throw error
}
