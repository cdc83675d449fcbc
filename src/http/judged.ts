import type { AuditRecord } from '../core/audit.ts'
import type { Decision } from '../core/policy.ts'
import { ANONYMOUS } from '../core/principal.ts'

/** What a record tells of the decision. */
type Judged = Pick<AuditRecord, 'route' | 'path' | 'client' | 'principal' | 'trail' | 'warnings' | 'upstream'>

const NOTHING: readonly never[] = Object.freeze([])

/** @param peer stands in for the client of a request that was never decided on */
export function judgedOf(decision: Decision | null, peer: string): Judged {
  if (decision === null) return unjudged(peer)
  const { route, facts, principal, trail, warnings } = decision
  return {
    route: route?.id ?? null,
    path: facts.path,
    client: facts.client,
    principal,
    trail,
    warnings,
    upstream: route?.upstream.name ?? null,
  }
}

function unjudged(peer: string): Judged {
  return {
    route: null,
    path: null,
    client: peer,
    principal: ANONYMOUS,
    trail: NOTHING,
    warnings: NOTHING,
    upstream: null,
  }
}
