import { CHECK_CODES } from './codes-checks.ts'
import { DOOR_CODES } from './codes-door.ts'
import { GATE_CODES } from './codes-gate.ts'

/**
 * Every reason for which Sallyport itself answers: the one table for replies, audit, metrics, explanations, tests, docs.
 */
export interface CodeInfo {
  readonly status: number
  /** All that a client is told. */
  readonly title: string
  /** What the operator of the gate can do about it; for docs/errors.md. */
  readonly help: string
}

const TABLE = { ...DOOR_CODES, ...CHECK_CODES, ...GATE_CODES } satisfies Record<string, CodeInfo>

export type Code = keyof typeof TABLE

export const CODES: Readonly<Record<Code, CodeInfo>> = Object.freeze(TABLE)
