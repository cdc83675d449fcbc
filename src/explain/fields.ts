import type { About } from '../config/about.ts'
import {
  FORWARDING_NAMES,
  HOP_BY_HOP,
  NEVER_FORWARDED,
  nominated,
  ownReplyFields,
  upstreamFields,
} from '../core/headers.ts'
import { replyPlanOf } from '../core/mode.ts'
import type { Decision, Policy, ReplyPlan, Route } from '../core/policy.ts'
import type { Explanation } from './explanation.ts'
import { MASK, type Masks } from './mask.ts'

/** Whose word a field for the upstream is. */
type UpstreamSource = 'client' | 'policy' | 'gate' | 'identity'

/** Whose word a field of our reply is. */
type ReplySource = 'policy' | 'gate' | 'checks' | 'limits' | 'refusal'

type ShownField = Explanation['to_client'][number]
export type ToUpstream = Pick<Explanation, 'to_upstream' | 'not_to_upstream'>
export type OwnReply = Pick<Explanation, 'to_client' | 'not_to_client'>

/** What a policy may tell of the fields that go to an upstream. */
interface Naming {
  readonly decision: Decision
  readonly route: Route
  readonly policy: Policy
  readonly about: About
  readonly masks: Masks
}

/** The header fields that the upstream gets, and those of the client that it does not get. */
export function toUpstream(naming: Naming): ToUpstream {
  const { decision, route, masks } = naming
  const sent = pairsOf(upstreamFields(decision, route.request)).filter(
    ([name]) => !isHandshake(name.toLowerCase(), decision),
  )
  const fields = sent.map(([name, value]) => {
    const from = sourceOf(name, naming)
    // Who asks is no secret, whatever the field is called that tells it.
    return { name, value: from === 'identity' ? value : masks.field(name, value), from }
  })
  const removed = pairsOf(decision.facts.fields)
    .filter(([name]) => name.toLowerCase() !== 'host')
    .flatMap(([name, value]) => {
      const why = removalOf(name.toLowerCase(), naming)
      return why === null ? [] : [{ name, value: shownRemoved(name, value, why, masks), why }]
    })
  return { to_upstream: fields, not_to_upstream: removed }
}

const CREDENTIAL = 'a credential, which stays at the gate'

function shownRemoved(name: string, value: string, why: string, masks: Masks): string {
  return why === CREDENTIAL ? MASK : masks.field(name, value)
}

const FORWARDING: ReadonlySet<string> = new Set(FORWARDING_NAMES)

function sourceOf(name: string, { decision, route }: Naming): UpstreamSource {
  const lower = name.toLowerCase()
  if (lower === 'host') return route.request.host === null ? 'client' : 'policy'
  if (hasName(decision.upstreamFields, lower)) return 'identity'
  if (hasName(route.request.set, lower)) return 'policy'
  return FORWARDING.has(lower) ? 'gate' : 'client'
}

const REASONS: readonly (readonly [names: ReadonlySet<string>, why: string])[] = [
  [new Set(HOP_BY_HOP), 'it speaks of one connection, not of the message'],
  [new Set(['expect']), 'it is answered by the gate'],
  [new Set(['proxy']), 'a CGI would take it for HTTP_PROXY'],
  [
    new Set(['x-http-method', 'x-http-method-override', 'x-method-override']),
    'it would change the method that was judged',
  ],
  [new Set(NEVER_FORWARDED), 'it is never handed on'],
  [FORWARDING, 'only the gate says where a request came from'],
]
const USUAL_IDENTITY = /^x-sallyport-/

/** Why a field of the client does not go on; null when it does. @param name in lower case */
function removalOf(name: string, { decision, route, policy, about }: Naming): string | null {
  if (isHandshake(name, decision)) return 'the handshake with the upstream is one of its own'
  const isDropped = route.request.drop.has(name)
  if (!isDropped) return isNominated(name, decision) ? 'the request names it in Connection' : null
  const known = REASONS.find(([names]) => names.has(name))
  if (known !== undefined) return known[1]
  if (about.identityNames.has(name) || USUAL_IDENTITY.test(name)) return 'only the gate says who asks'
  if (hasName(route.request.set, name)) return 'the policy sets it'
  return policy.credentialNames.has(name) ? CREDENTIAL : 'the policy removes it'
}

/** The library that speaks WebSocket writes these itself. */
function isHandshake(name: string, { facts }: Decision): boolean {
  return facts.websocket && name.startsWith('sec-websocket-')
}

function isNominated(name: string, { facts }: Decision): boolean {
  return nominated(facts.headers.connection)?.has(name) === true
}

/** What we put into the reply of an upstream, and what we take out of it. */
export function onReply(decision: Decision, route: Route, masks: Masks): OwnReply {
  const plan = replyPlanOf(route, decision)
  return { to_client: replyFields(decision, plan, [], masks), not_to_client: [...plan.drop].sort() }
}

/** The fields of a reply that we give ourselves. @param own of this one reply */
export function ownReply(decision: Decision, policy: Policy, own: readonly string[], masks: Masks): OwnReply {
  const plan = decision.route === null ? policy.reply : replyPlanOf(decision.route, decision)
  return { to_client: replyFields(decision, plan, own, masks), not_to_client: [] }
}

/** The same where nothing was decided. */
export function doorReply(policy: Policy, own: readonly string[], id: string): OwnReply {
  const tagged = (flat: readonly string[], from: ReplySource) =>
    pairsOf(flat).map(([name, value]) => ({ name, value, from }))
  const fields = [
    ...tagged(own, 'refusal'),
    ...tagged(policy.reply.set, 'policy'),
    ...tagged(['x-request-id', id], 'gate'),
  ]
  return { to_client: fields, not_to_client: [] }
}

/** They come in this order, see core/headers.ts. */
function replyFields(
  decision: Decision,
  plan: ReplyPlan,
  own: readonly string[],
  masks: Masks,
): ShownField[] {
  const all = pairsOf(ownReplyFields(decision, plan, own))
  const [policy, checks] = [plan.set.length / 2, decision.replyFields.length / 2]
  const refusal = all.length - own.length / 2
  const fromOf = (i: number): ReplySource => {
    if (i < policy) return 'policy'
    if (i === policy) return 'gate'
    if (i >= refusal) return 'refusal'
    return i <= policy + checks ? 'checks' : 'limits'
  }
  return all.map(([name, value], i) => ({ name, value: masks.replyField(name, value), from: fromOf(i) }))
}

function hasName(flat: readonly string[], lowerName: string): boolean {
  return flat.some((text, i) => i % 2 === 0 && text.toLowerCase() === lowerName)
}

function pairsOf(flat: readonly string[]): [name: string, value: string][] {
  const pairs: [string, string][] = []
  for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i] as string, flat[i + 1] as string])
  return pairs
}
