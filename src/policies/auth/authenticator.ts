import type { Code } from '../../core/codes.ts'
import type { Facts } from '../../core/facts.ts'
import type { Context } from '../../core/policy.ts'
import type { Ports } from '../../core/ports.ts'
import type { Verdict } from '../../core/verdict.ts'

/** The credential that a request shows to one authenticator: none, one, or more than may be believed. */
export type Shown =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly text: string }
  | { readonly kind: 'many' }

/** Judges one kind of credential. */
export interface Authenticator {
  /** Its name in `authenticators`, and in the trail. */
  readonly name: string
  /** Finds the credential without judging it. */
  readonly find: (facts: Facts) => Shown
  /** Judges it: `pass` with a principal, `refuse`, or `skip` when it is not of this kind at all. */
  readonly judge: (credential: string, context: Context, ports: Ports) => Verdict | Promise<Verdict>
  /** The same for the credential of this id, which is not at hand. */
  readonly judgeId: (id: string, context: Context, ports: Ports) => Verdict
  /** What it can refuse with; which keys there are does not matter. */
  readonly codes: readonly Code[]
  /** Lower-case names of the headers it may be in: may come only once, and are stripped. */
  readonly headers: readonly string[]
  /** Names of the query parameters it may be in: cut out of what is forwarded and logged. */
  readonly query: readonly string[]
  /** For `www-authenticate` on a 401 (RFC 9110 11.6.1). */
  readonly challenge: string
}
