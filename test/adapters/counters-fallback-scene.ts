import type { Test } from 'tap'
import { FallbackCounters, type FallbackOptions } from '../../src/adapters/counters-fallback.ts'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import type { SharedStoreState } from '../../src/adapters/fallback/store-circuit.ts'
import { StoreError } from '../../src/adapters/redis/store-error.ts'
import type { BucketState, Charge, ChargeResult, Limit, StoreErrorMode } from '../../src/core/limits.ts'
import type { CounterStore } from '../../src/core/ports.ts'
import { limitWith, sliding } from './counters-contract/tools.ts'

/** How the store behaves: it answers, fails at once, never answers, answers when told, or breaks. */
export type Manner = 'answers' | 'fails' | 'hangs' | 'held' | 'breaks'

/** A shared store whose failures are scripted, and that tells what it was asked. */
export class ScriptedStore implements CounterStore {
  readonly counters = new MemoryCounters()
  readonly asked: string[] = []
  manner: Manner = 'answers'
  /** Answers of the calls that are held, to be let go. */
  readonly held: (() => void)[] = []

  charge(charges: readonly Charge[], nowMs: number): Promise<ChargeResult> {
    this.asked.push('charge')
    return this.#answer(() => this.counters.charge(charges, nowMs))
  }

  refund(charges: readonly Charge[], nowMs: number): void {
    this.asked.push('refund')
    this.counters.refund(charges, nowMs)
  }

  release(charges: readonly Charge[]): void {
    this.asked.push('release')
    this.counters.release(charges)
  }

  read(limit: Limit, key: string, nowMs: number): Promise<BucketState> {
    this.asked.push('read')
    return this.#answer(() => this.counters.read(limit, key, nowMs))
  }

  reset(key: string): Promise<void> {
    this.asked.push('reset')
    return this.#answer(() => this.counters.reset(key))
  }

  countOf(what: string): number {
    return this.asked.filter((one) => one === what).length
  }

  async #answer<T>(value: () => T): Promise<T> {
    switch (this.manner) {
      case 'answers':
        return value()
      case 'fails':
        throw new StoreError('unreachable', 'not connected')
      case 'breaks':
        throw new TypeError('a mistake of ours')
      case 'hangs':
        return new Promise(() => undefined)
      case 'held':
        return new Promise((resolve) => this.held.push(() => resolve(value())))
    }
  }
}

export interface Scene {
  readonly store: ScriptedStore
  readonly local: MemoryCounters
  readonly counters: FallbackCounters
  readonly changes: SharedStoreState[]
  /** Resolves at the next change to this state. */
  readonly becomes: (name: SharedStoreState['name']) => Promise<void>
}

/** Timers of the circuit do not keep a process alive; the tests wait for them. */
export function sceneOf(t: Test, more: Partial<FallbackOptions> = {}): Scene {
  const hold = setInterval(() => undefined, 1000)
  const store = new ScriptedStore()
  const local = new MemoryCounters()
  const changes: SharedStoreState[] = []
  const waiting = new Map<string, () => void>()
  const onChange = (state: SharedStoreState): void => {
    changes.push(state)
    waiting.get(state.name)?.()
  }
  const becomes = (name: SharedStoreState['name']): Promise<void> =>
    new Promise((resolve) => {
      waiting.set(name, resolve)
    })
  const counters = new FallbackCounters({ remote: store, local, replicas: () => 1, onChange, ...more })
  t.teardown(() => {
    clearInterval(hold)
    counters.close()
  })
  return { store, local, counters, changes, becomes }
}

export const limitOf = (name: string, mode: StoreErrorMode, max = 10): Limit => ({
  ...limitWith(name, [sliding(max, 60_000)]),
  onStoreError: mode,
})

export const chargeOf = (limit: Limit, cost = 1): Charge => ({ limit, key: limit.name, cost })

/** Charges once and waits for the outcome. */
export async function charged(
  { counters }: Pick<Scene, 'counters'>,
  limits: readonly Limit[],
  nowMs: number,
): Promise<ChargeResult> {
  return counters.charge(
    limits.map((limit) => chargeOf(limit)),
    nowMs,
  )
}
