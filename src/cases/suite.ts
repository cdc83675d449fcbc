import type { Position } from '../config/issues.ts'
import type { Loading } from '../runtime/load.ts'
import type { CaseSettings } from './schema.ts'

export type GoodPolicy = NonNullable<Loading['compiled']>

/** One case, and where it stands. */
export interface Case extends CaseSettings {
  readonly place: Position
}

/** A test file that can be run. */
export interface Suite {
  readonly file: string
  readonly policyFile: string
  readonly compiled: GoodPolicy
  /** Percent; null: none is asked for. */
  readonly coverage: number | null
  readonly cases: readonly Case[]
}
