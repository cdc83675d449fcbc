import { PASS, refuse, type Verdict } from '../../core/verdict.ts'
import type { Authenticator } from './authenticator.ts'

/** What is prepared of one route. */
export interface AuthPlan {
  readonly authenticators: readonly Authenticator[]
  /** A request without any credential is let in as anonymous. */
  readonly anonymous: boolean
  /** `www-authenticate` for every 401, flat (RFC 9110 11.6.1). */
  readonly challenge: readonly string[]
}

/** What becomes of a request that shows no credential. */
export function withoutCredential({ anonymous }: AuthPlan): Verdict {
  return anonymous ? PASS : refuse('key_missing', 'no credential was sent')
}
