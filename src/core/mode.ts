import { addressBucket } from './address.ts'
import type { Facts } from './facts.ts'
import type { ReplyPlan, Route } from './policy.ts'
import type { Principal } from './principal.ts'

/** Of whom it depends whether a check is enforced. */
export interface Asking {
  readonly facts: Pick<Facts, 'client'>
  readonly principal: Pick<Principal, 'subject' | 'keyId'>
}

/** Whether what this check says to this request is only written down. */
export function isReported({ reporting }: Pick<Route, 'reporting'>, check: string, asking: Asking): boolean {
  if (reporting === null || !reporting.checks.has(check)) return false
  return !isEnforcedTo(reporting.enforcedPercent, asking)
}

/** The reply plan for a request; `cors`, whose fields are constant, is asked before anyone is known. */
export function replyPlanOf(route: Route, { facts }: Pick<Asking, 'facts'>): ReplyPlan {
  const { reporting } = route
  if (reporting === null || reporting.reply === route.reply) return route.reply
  return isEnforcedTo(reporting.enforcedPercent, { facts, principal: NOBODY }) ? route.reply : reporting.reply
}

const NOBODY = Object.freeze({ subject: '', keyId: '' })

/**
 * Whether a principal is in the share. Who is in at 10% stays in at 25%, on every route and in every process: a client
 * sees one behaviour. Who is not known yet, or has no name, is told by address.
 */
function isEnforcedTo(percent: number, { facts, principal }: Asking): boolean {
  if (percent === 0) return false
  const name = principal.subject === '' ? principal.keyId : principal.subject
  // The mark keeps somebody who is called like an address apart from the client there.
  return placeOf(name === '' ? `@${addressBucket(facts.client)}` : `s${name}`) < percent
}

/** 0..99: FNV-1a with the last step of MurmurHash3, without which the low digits of similar names are alike. */
function placeOf(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % 100
}
