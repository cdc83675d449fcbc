import { ConcurrentCounters } from '../adapters/counters/places.ts'
import { MemoryCounters } from '../adapters/counters-memory.ts'
import type { About } from '../config/about.ts'
import type { Decision, Route } from '../core/policy.ts'
import { type Judgement, judge } from '../judge/judge.ts'
import { bucketsOf } from './buckets.ts'
import type { Explanation } from './explanation.ts'
import { type OwnReply, type ToUpstream, toUpstream } from './fields.ts'
import { type Looked, LookingCounters } from './looking.ts'
import { Masks } from './mask.ts'
import { type NearMisses, nearMisses } from './near.ts'
import { type Outcome, outcomeOf, replyOf } from './outcome.ts'
import type { Asked } from './question.ts'
import { requestOf } from './request.ts'
import { upstreamOf } from './upstream.ts'
import { checksAtDoor, checksOf } from './verdicts.ts'
import { warningsOf } from './warnings.ts'
import type { World } from './world.ts'

/**
 * Tells what the gate would do with a request, by the very judgement that live requests get. Changes nothing: of the
 * counters it can do no more than read.
 * @throws what the store throws when it cannot be read
 */
export async function explain({ described, claim }: Asked, world: World): Promise<Explanation> {
  const { policy, settings, live } = world
  const store = live?.counters ?? new ConcurrentCounters(new MemoryCounters({ maxBuckets: 1 }))
  const counters = new LookingCounters(store, { isStoreDown: live?.isStoreDown ?? false })
  const ports = claim === undefined ? { counters } : { counters, claim }
  const judgement = await judge(policy, described, settings.server, ports)
  if (counters.failure !== null) throw counters.failure
  const masks = new Masks(policy, world.about, judgement.decision?.route?.id ?? null)
  const outcome = outcomeOf(judgement, described)
  const { code, title, status, help, why } = outcome
  return {
    kind: 'request',
    policy: policy.hash,
    counters: live === null ? 'fresh' : 'live',
    request: requestOf(described, judgement, masks),
    outcome: outcome.outcome,
    status,
    code,
    title,
    help,
    why,
    ...decidedOf(judgement, outcome, counters, world, masks),
    ...replyOf(judgement, outcome, described, policy, masks),
  }
}

type Decided = Omit<
  Explanation,
  'kind' | 'policy' | 'counters' | 'request' | keyof OwnReply | keyof Omit<Outcome, 'refusal' | 'reply'>
>

const NO_ROUTE: Omit<Decided, 'checks' | 'principal' | keyof NearMisses> = Object.freeze({
  route: null,
  buckets: [],
  upstream: null,
  to_upstream: [],
  not_to_upstream: [],
  warnings: [],
})
const NOT_NEAR: NearMisses = Object.freeze({ near_misses: [], more_near_misses: 0 })

function decidedOf(
  { door, decision }: Judgement,
  outcome: Outcome,
  { looked }: LookingCounters,
  world: World,
  masks: Masks,
): Decided {
  if (door !== null) return { ...NO_ROUTE, ...NOT_NEAR, checks: checksAtDoor(door), principal: null }
  const { route, facts, refusal } = decision
  // A host that is not served has no routes to be near to.
  const isAboutRoutes = route !== null || refusal?.code === 'no_route'
  return {
    ...NO_ROUTE,
    ...(isAboutRoutes ? nearMisses(world.policy, world.about, facts, route) : NOT_NEAR),
    checks: checksOf(decision),
    principal: principalOf(decision),
    ...(route === null ? {} : onRoute(decision, route, looked, world)),
    ...(route === null || outcome.outcome !== 'forward' ? {} : backOf(decision, route, world, masks)),
  }
}

function onRoute(
  decision: Decision,
  route: Route,
  looked: readonly Looked[],
  { about, live, settings }: World,
): Pick<Explanation, 'route' | 'buckets' | 'warnings'> {
  const buckets = bucketsOf(looked, {
    decision,
    route,
    nowMs: decision.facts.atMs,
    countedIn: live?.countedIn ?? (() => 'nowhere'),
    replicas: settings.redis?.replicas ?? null,
  })
  return { route: routeOf(route, about), buckets, warnings: warningsOf(decision, route, looked, live) }
}

/** What goes to the upstream. */
function backOf(
  decision: Decision,
  route: Route,
  { policy, about, live }: World,
  masks: Masks,
): Pick<Explanation, 'upstream'> & ToUpstream {
  return {
    upstream: upstreamOf(decision, route, live?.circuits ?? null, masks),
    ...toUpstream({ decision, route, policy, about, masks }),
  }
}

function routeOf(
  { id, pattern, methods, mode, reporting }: Route,
  { routes }: About,
): NonNullable<Explanation['route']> {
  const hosts = routes.get(id)?.hosts ?? null
  return {
    id,
    pattern,
    methods: [...methods],
    hosts: hosts === null ? null : [...hosts],
    mode,
    reported: [...(reporting?.checks ?? [])],
    enforced_percent: reporting?.enforcedPercent ?? 100,
  }
}

function principalOf({ principal }: Decision): NonNullable<Explanation['principal']> {
  const { kind, subject, org, scopes, roles, keyId, authenticator } = principal
  return { kind, subject, org, scopes: [...scopes], roles: [...roles], key_id: keyId, authenticator }
}
