import type { AuditRecord, Basis, Preflight, ShownCredential } from '../core/audit.ts'
import { type Facts, headerOf } from '../core/facts.ts'
import { parameterName } from '../core/headers.ts'
import { preflightMethod } from '../core/match.ts'
import type { Decision, Policy, TrailLine } from '../core/policy.ts'
import { ANONYMOUS } from '../core/principal.ts'
import { withoutKeys } from '../core/secret.ts'

/** What a record tells of the decision. */
type Judged = Pick<
  AuditRecord,
  'route' | 'path' | 'client' | 'principal' | 'trail' | 'warnings' | 'upstream' | 'basis'
>

/** When a decision was made, among the others of the process. */
export type Order = Pick<Basis, 'seq' | 'during' | 'waitedMs'>

const NOTHING: readonly never[] = Object.freeze([])

/** @param peer stands in for the client of a request that was never decided on */
export function judgedOf(decision: Decision | null, peer: string, policy: Policy, order: Order): Judged {
  if (decision === null) return unjudged(peer)
  const { route, facts, principal, trail, warnings } = decision
  return {
    route: route?.id ?? null,
    path: withoutKeys(facts.path),
    client: facts.client,
    principal,
    trail,
    warnings,
    upstream: route?.upstream.name ?? null,
    basis: basisOf(decision, policy, order),
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
    basis: null,
  }
}

/** Longer ones are of no use to anybody; see `cut`. */
const MAX_ORIGIN = 512
const MAX_METHOD = 64
/** What the policy `cors` reads at most, and one: what it refuses for its length is still too long. */
const MAX_NAME_LIST = 2049

function basisOf(decision: Decision, policy: Policy, { seq, during, waitedMs }: Order): Basis {
  const { facts } = decision
  const origin = headerOf(facts, 'origin')
  return {
    host: facts.host,
    seq,
    during,
    waitedMs,
    peer: facts.peer === facts.client ? null : facts.peer,
    websocket: facts.websocket,
    bodyBytes: facts.bodyBytes,
    origin: origin === undefined ? null : cut(origin, MAX_ORIGIN),
    preflight: origin === undefined ? null : preflightOf(facts),
    shown: decision.principal.kind === 'anonymous' ? shownOf(decision, policy) : null,
  }
}

function preflightOf(facts: Facts): Preflight | null {
  const method = preflightMethod(facts)
  if (method === undefined) return null
  const headers = headerOf(facts, 'access-control-request-headers')
  return {
    method: cut(method, MAX_METHOD),
    headers: headers === undefined ? null : cut(headers, MAX_NAME_LIST),
  }
}

/** What is left is marked, so that it is taken for no shorter text that somebody may have allowed. */
function cut(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`
}

function shownOf({ trail, facts, route }: Decision, policy: Policy): ShownCredential | null {
  const refused = trail.find(isRefusedCredential)
  if (refused !== undefined) {
    return refused.credential ?? (refused.code === 'credential_ambiguous' ? 'ambiguous' : 'unknown')
  }
  const parameters = route?.request.dropQuery ?? NOTHING
  return isSent(facts, policy.credentialNames, parameters) ? 'unread' : null
}

function isRefusedCredential({ check, code }: TrailLine): boolean {
  return check === 'auth' && code !== undefined && code !== 'key_missing' && code !== 'internal'
}

function isSent(
  { headers, query }: Facts,
  headerNames: ReadonlySet<string>,
  parameters: readonly string[],
): boolean {
  for (const name of headerNames) if (headers[name] !== undefined) return true
  if (query === '' || parameters.length === 0) return false
  const pairs = query.slice(1).split('&')
  return pairs.some((pair) => parameters.includes(parameterName(pair)))
}
