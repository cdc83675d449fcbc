import type { Code } from './codes.ts'
import type { Charged } from './limits.ts'
import type { Principal } from './principal.ts'

/** What a check may add to what is known of the request. */
export interface Learned {
  readonly principal?: Principal
  /** Fields for the reply, whatever becomes of the request: flat name, value … */
  readonly replyHeaders?: readonly string[]
  /** Fields for the upstream: flat name, value … */
  readonly upstreamHeaders?: readonly string[]
  /** The buckets this request was charged to: what the reply tells of them, and what a later limit gives back. */
  readonly charged?: readonly Charged[]
  /** A body of undeclared length is cut off, and the request refused, at more bytes than this. */
  readonly maxBodyBytes?: number
  /** `name:percent` of each share of a quota that this request crossed. */
  readonly warnings?: readonly string[]
  /** For the operator: shown in the trail and the audit line, never to the client. */
  readonly note?: string
}

/** A reply made here, without an upstream. */
export interface Reply {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: string
}

export interface Pass {
  readonly kind: 'pass'
  readonly learned: Learned | null
}

export interface Refuse {
  readonly kind: 'refuse'
  readonly code: Code
  /** For the operator; the client sees only the title of the code. */
  readonly why: string
  /** Fields for the reply, e.g. `retry-after`: flat name, value … */
  readonly headers: readonly string[]
  /** `authenticator:id` of the credential at fault, where it is known whose it is. For the operator. */
  readonly credential?: `${string}:${string}`
}

export interface Answer {
  readonly kind: 'answer'
  readonly reply: Reply
}

export interface Skip {
  readonly kind: 'skip'
}

/** The four things a check can say. `skip` is "not mine, ask the next", and never a pass of the whole. */
export type Verdict = Pass | Refuse | Answer | Skip

const NO_FIELDS: readonly string[] = Object.freeze([])

export const PASS: Pass = Object.freeze({ kind: 'pass', learned: null })
export const SKIP: Skip = Object.freeze({ kind: 'skip' })

export function pass(learned: Learned): Pass {
  return { kind: 'pass', learned }
}

export function refuse(code: Code, why: string, headers: readonly string[] = NO_FIELDS): Refuse {
  return { kind: 'refuse', code, why, headers }
}

export function answer(reply: Reply): Answer {
  return { kind: 'answer', reply }
}
