import type { OutlineFields, OutlineRoute } from '../config/outline-route.ts'
import type { Route } from '../core/policy.ts'
import { type Finding, finding } from './change.ts'
import { between, listed } from './words.ts'

/** A route with what it was compiled to. */
export interface Planned {
  readonly route: OutlineRoute
  /** null: the policy has no such route, as in a test that makes one up. */
  readonly plan: Pick<Route, 'request' | 'reply' | 'reporting'> | null
  /** Names of fields that hold credentials. */
  readonly credentials: ReadonlySet<string>
}

/**
 * Header fields on their way to the API and back. What is kept from whom is asked of the plans that the gate goes by,
 * for many settings have a say in it.
 * @param told names of fields of clients about which the settings of the file tell already
 */
export function compareFields(before: Planned, after: Planned, told: ReadonlySet<string>): Finding[] {
  return [...requestFields(before, after, told), ...replyFields(before, after)]
}

function requestFields(before: Planned, after: Planned, told: ReadonlySet<string>): Finding[] {
  const path = ['headers', 'request']
  const [was, is] = [before.route.headers.request, after.route.headers.request]
  const passing = between(after.plan?.request.drop ?? [], before.plan?.request.drop ?? []).added
  // Of these the switch itself tells.
  const isForwarded = after.route.forwardCredential && !before.route.forwardCredential
  const known = isForwarded ? told.union(before.credentials) : told
  const freed = passing.filter((name) => !known.has(name))
  const set = setAnew(was, is)
  const kept = between(was.remove, is.remove).added.filter((name) => !Object.hasOwn(was.set, name))
  return [
    ...some(freed, 'client-field-passes', 'of the client get to the API as they come', path),
    ...some(set, 'request-field-set', 'have another value for the API, which may take it for more', path),
    ...some(kept, 'headers-changed', 'of the client are kept from the API', path),
  ]
}

/** Names of which the value is another one; values can be secrets, and so is what they open. */
function setAnew({ set: was }: OutlineFields, { set: is }: OutlineFields): string[] {
  return Object.keys(is).filter((name) => is[name] !== was[name])
}

function replyFields(before: Planned, after: Planned): Finding[] {
  const path = ['headers', 'response']
  const [was, is] = [before.route.headers.response, after.route.headers.response]
  // Of security headers it is told one by one what becomes of them.
  const guarded = new Set([...Object.keys(before.route.guard), ...Object.keys(after.route.guard)])
  const others = (names: Iterable<string>) => [...new Set(names)].filter((name) => !guarded.has(name)).sort()
  const freed = others(between(replyDrop(after), replyDrop(before)).added)
  const anew = others([...setAnew(was, is), ...between(was.remove, is.remove).added])
  return [
    ...some(freed, 'reply-field-passes', 'of the API get to the client', path),
    ...some(anew, 'reply-fields-changed', 'of replies are set or removed in another way', path),
  ]
}

/** What is kept from every client, also from those to whom checks only report. */
function replyDrop({ plan }: Planned): ReadonlySet<string> {
  if (plan === null) return new Set()
  return plan.reporting === null ? plan.reply.drop : plan.reply.drop.intersection(plan.reporting.reply.drop)
}

type FieldCode = 'client-field-passes' | 'request-field-set' | 'headers-changed'
type ReplyCode = 'reply-field-passes' | 'reply-fields-changed'

function some(
  names: readonly string[],
  code: FieldCode | ReplyCode,
  what: string,
  path: readonly string[],
): Finding[] {
  return names.length === 0 ? [] : [finding(code, `the fields ${listed(names)} ${what}`, path)]
}
