import type { Outline, Outlined } from '../config/outline.ts'
import type { OutlineRoute } from '../config/outline-route.ts'
import { type Finding, finding } from './change.ts'
import { freedNames } from './freed.ts'
import { findMoves, type Move, matchText } from './moves.ts'
import { compareAccess, compareValidate } from './route-access.ts'
import { compareAuth, comparePlaces } from './route-auth.ts'
import { compareCors } from './route-cors.ts'
import { compareFields, type Planned } from './route-fields.ts'
import { compareGuard } from './route-guard.ts'
import { comparingRouteKeys } from './route-keys.ts'
import { compareCounts, compareRouteLimits, type LimitScene } from './route-limits.ts'
import { compareMatch } from './route-match.ts'
import { compareRest } from './route-rest.ts'
import { type GoesTo, type Together, togetherIn } from './together.ts'
import { compareUpstream } from './upstreams.ts'
import { listed, quoted } from './words.ts'

type Good = Outlined & { readonly outline: Outline }

/** What is different about a route. `after` is null for one that is gone. */
export interface RouteFinding {
  readonly before: OutlineRoute | null
  readonly after: OutlineRoute | null
  readonly finding: Finding
}

export interface RouteDifferences {
  readonly findings: readonly RouteFinding[]
  /** Routes that are the same under another id: the old id to the new one. */
  readonly renamed: ReadonlyMap<string, string>
  readonly together: Together
  /** What is different about all routes at once. */
  readonly everywhere: readonly Finding[]
  /** Not all requests could be asked about. */
  readonly isCut: boolean
}

/** Compares routes of one id, and routes of which one serves now what the other did. */
export function compareRoutes(before: Good, after: Good, maxRequests?: number): RouteDifferences {
  const old = new Map(before.outline.routes.map((route) => [route.id, route]))
  const now = new Map(after.outline.routes.map((route) => [route.id, route]))
  const renamed = renames(old, now)
  const newIds = new Map([...renamed].map(([id, was]) => [was, id]))
  const { moves, isCut } = findMoves(before, after, maxRequests)
  const together = togetherIn(before.outline, after.outline, goingTo(moves, now, newIds))
  const freed = freedNames(before, after)
  const limits = { old: before.outline.limits, now: after.outline.limits, together }
  const compare = comparing({ before, after, limits, freed: freed.names })
  const findings: RouteFinding[] = []
  for (const route of after.outline.routes) {
    const twin = old.get(route.id) ?? old.get(renamed.get(route.id) ?? '')
    const found = twin === undefined ? [added(route, moves)] : compareTwins(twin, route, moves, compare)
    findings.push(...found.map((one) => ({ before: twin ?? null, after: route, finding: one })))
  }
  const kept = new Set(renamed.values())
  for (const route of before.outline.routes) {
    if (now.has(route.id) || kept.has(route.id)) continue
    findings.push({ before: route, after: null, finding: gone(route, moves) })
  }
  const compareKeys = comparingRouteKeys(before.outline, after.outline)
  const compareMoved: Compare = (a, b) => [...compare(a, b), ...compareKeys(a, b)]
  findings.push(...movedFindings(moves, { old, now, renamed, compare: compareMoved }))
  return { findings, renamed: newIds, together, everywhere: freed.findings, isCut }
}

/** A route goes on under its id or its new one; some of its requests may go to others. */
function goingTo(moves: readonly Move[], now: Routes, newIds: ReadonlyMap<string, string>): GoesTo {
  const moved = Map.groupBy(moves, ({ from }) => from)
  return function goesTo(id) {
    const own = now.has(id) ? id : newIds.get(id)
    const others = (moved.get(id) ?? []).flatMap(({ to }) => to ?? [])
    return new Set(own === undefined ? others : [own, ...others])
  }
}

type Compare = (before: OutlineRoute, after: OutlineRoute) => Finding[]
type Routes = ReadonlyMap<string, OutlineRoute>

/** New ids, each with the old id of a route that matched the very same requests and is gone. */
function renames(old: Routes, now: Routes): ReadonlyMap<string, string> {
  const missing = [...old.values()].filter(({ id }) => !now.has(id))
  const byMatch = new Map(missing.map((route) => [matchText(route), route.id]))
  const fresh = [...now.values()].filter(({ id }) => !old.has(id))
  return new Map(
    fresh.flatMap((route) => {
      const was = byMatch.get(matchText(route))
      return was === undefined ? [] : [[route.id, was] as const]
    }),
  )
}

function compareTwins(before: OutlineRoute, after: OutlineRoute, moves: readonly Move[], compare: Compare) {
  const found = [...compareMatch(before, after, moves), ...compare(before, after)]
  if (before.id === after.id) return found
  const what = `was called ${quoted(before.id)}: what counts by route begins anew`
  return [finding('route-renamed', what, ['id']), ...found]
}

function added(route: OutlineRoute, moves: readonly Move[]): Finding {
  const mine = moves.filter(({ to }) => to === route.id)
  const fresh = mine.find(({ from }) => from === null)
  if (fresh !== undefined) {
    const who = route.auth.includes('none') ? 'without a credential' : `with ${listed(route.auth)}`
    const what = `is new and serves ${[...fresh.methods].join(', ')} ${quoted(route.match.path)} ${who}`
    return finding('route-added', what)
  }
  const from = mine.flatMap((move) => move.from ?? [])
  if (from.length === 0) return finding('route-split', 'is new, but no request gets to it that did not')
  const example = quoted(mine[0]?.example ?? '')
  return finding('route-split', `is new and takes requests of ${listed(from)}, such as ${example}`)
}

function gone({ id, match }: OutlineRoute, moves: readonly Move[]): Finding {
  const mine = moves.filter(({ from }) => from === id)
  const lost = mine.find(({ to }) => to === null)
  if (lost !== undefined) {
    return finding('route-gone', `is gone: ${[...lost.methods].join(', ')} ${quoted(match.path)} is refused`)
  }
  const to = mine.flatMap((move) => move.to ?? [])
  return finding(
    'route-merged',
    to.length === 0 ? 'is gone' : `is gone, and ${listed(to)} takes its requests`,
  )
}

interface Sides {
  readonly old: Routes
  readonly now: Routes
  readonly renamed: ReadonlyMap<string, string>
  readonly compare: Compare
}

/** Requests that go from one route to another meet the settings of that one. */
function movedFindings(moves: readonly Move[], { old, now, renamed, compare }: Sides): RouteFinding[] {
  return moves.flatMap(({ from, to, example }) => {
    const [before, after] = [old.get(from ?? ''), now.get(to ?? '')]
    if (before === undefined || after === undefined || renamed.get(after.id) === before.id) return []
    const taken = `takes requests of the route ${quoted(before.id)}, such as ${quoted(example)}`
    const differing = compare(before, after).map(({ code, sentence, path }) => {
      return finding(code, `for requests of the route ${quoted(before.id)}: ${sentence}`, path)
    })
    // Of a route that is new this is told already.
    const isKnown = old.has(after.id) || renamed.has(after.id)
    const all = isKnown ? [finding('route-takes-over', taken), ...differing] : differing
    return all.map((one) => ({ before, after, finding: one }))
  })
}

interface CompareScene {
  readonly before: Good
  readonly after: Good
  readonly limits: LimitScene
  /** Fields of clients of which it is told once for all routes. */
  readonly freed: ReadonlySet<string>
}

function comparing({ before: from, after: to, limits, freed }: CompareScene): Compare {
  const { outline: old } = from
  const { outline: now } = to
  const [was, is] = [plannedBy(from), plannedBy(to)]
  return function compareSettings(before, after) {
    return [
      ...compareAuth(before, after),
      ...comparePlaces([before, old], [after, now]),
      ...compareRouteLimits(before, after, limits),
      ...(before.id === after.id ? [] : compareCounts(before, after, limits)),
      ...compareCors(before, after),
      ...compareGuard(before.guard, after.guard),
      ...compareAccess(before, after),
      ...compareValidate(before, after),
      ...compareRest(before, after),
      ...compareFields(was(before), is(after), freed),
      ...compareOtherUpstream(before, after, old, now),
    ]
  }
}

function plannedBy({ compiled }: Good): (route: OutlineRoute) => Planned {
  const plans = new Map(compiled?.policy.routes.map((plan) => [plan.id, plan]))
  const credentials = compiled?.policy.credentialNames ?? new Set()
  return (route) => ({ route, plan: plans.get(route.id) ?? null, credentials })
}

/** What is different about the upstream that a route names anew. */
function compareOtherUpstream(
  before: OutlineRoute,
  after: OutlineRoute,
  old: Outline,
  now: Outline,
): Finding[] {
  const [was, is] = [old.upstreams[before.upstream], now.upstreams[after.upstream]]
  if (before.upstream === after.upstream || was === undefined || is === undefined) return []
  return compareUpstream(was, is).map(({ code, sentence }) => {
    return finding(code, `the upstream ${quoted(after.upstream)} ${sentence}`, ['upstream'])
  })
}
