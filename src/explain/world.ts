import type { CircuitStatus } from '../adapters/circuit.ts'
import type { About } from '../config/about.ts'
import type { Settings } from '../config/compile-settings.ts'
import type { Policy } from '../core/policy.ts'
import type { CountedIn } from './buckets.ts'
import type { Readable } from './reading.ts'

/** A gate that runs, as far as an explanation looks at it. */
export interface LiveGate {
  readonly counters: Readable
  readonly countedIn: CountedIn
  /** The shared store is given up. */
  readonly isStoreDown: boolean
  readonly circuits: readonly CircuitStatus[]
}

/** What a request is explained by. */
export interface World {
  readonly policy: Policy
  readonly settings: Pick<Settings, 'server' | 'redis'>
  readonly about: About
  /** null: nothing runs, and nothing has been counted. */
  readonly live: LiveGate | null
}
