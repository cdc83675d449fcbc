import type { Outline } from '../config/outline.ts'
import type { Change } from '../diff/change.ts'
import type { ChangeGroup } from '../replay/result.ts'

/** What a change is the reason for, at most. */
export interface Hits {
  readonly requests: number
  /** At least so many: of a group the ones with the most requests are told. */
  readonly keys: number
  readonly orgs: number
}

/** The old policy and the new one. */
export type Outlines = readonly [Outline, Outline]

const LIMITS = /^(?:rate_limited|quota_exhausted|cooldown|concurrency_exceeded)$/

/** Codes of refusals that a change can bring about or take away, by what its own code begins with. */
const REASONS: readonly (readonly [prefix: RegExp, codes: RegExp])[] = [
  [/^(?:limit|route-limit|cost|key-limits|quota)-/, LIMITS],
  [/^route-keys-/, /^key_route_refused$/],
  [/^(?:auth|key|authenticator)-/, /^(?:key|credential|token)_|^(?:scope_missing|role_missing|org_refused)$/],
  [/^(?:scope|any-scope)-/, /^scope_missing$/],
  [/^roles-/, /^role_missing$/],
  [/^orgs-/, /^org_refused$/],
  [/^(?:cors|websocket)-/, /^(?:origin_refused|upgrade_refused)$/],
  [/^(?:access|trust|client)-/, /^address_refused$/],
  [/^(?:body|query)-/, /^(?:body|query|media_type)_/],
  [/^encoded-slash-/, /^path_refused$/],
  [/^route-/, /^(?:no_route|method_refused|upgrade_refused)$/],
  [/^hosts-/, /^host_unknown$/],
  [/^enforcement-/, /^/],
]

/** Of the requests whose decision changes, how many a change can be the reason for. */
export function hitsAmong(change: Change, groups: readonly ChangeGroup[], outlines: Outlines): Hits {
  const [, codes] = REASONS.find(([prefix]) => prefix.test(change.code)) ?? []
  if (codes === undefined || change.severity === 'other') return { requests: 0, keys: 0, orgs: 0 }
  const isOpen = change.severity === 'more_open'
  const parts = groups
    .filter(({ change: way, was, would_be: wouldBe }) => {
      return way === (isOpen ? 'let_in' : 'refused') && codes.test(isOpen ? was : wouldBe)
    })
    .map((group) => partOf(change, group, outlines))
  const different = (of: 'keys' | 'orgs') => new Set(parts.flatMap((part) => part[of])).size
  const requests = parts.reduce((sum, part) => sum + part.requests, 0)
  return { requests, keys: different('keys'), orgs: different('orgs') }
}

interface Part {
  readonly requests: number
  readonly keys: readonly string[]
  readonly orgs: readonly string[]
}

/** What of a group a change concerns: all of it, the requests of some keys, or nothing. */
function partOf({ kind, names }: Change, group: ChangeGroup, outlines: Outlines): Part {
  const { route, new_route: newRoute } = group
  const isOn = (routes: readonly (string | null)[]) => routes.includes(route) || routes.includes(newRoute)
  switch (kind) {
    case 'route':
      return isOn(names) ? wholeOf(group) : NOTHING
    case 'key':
      return ofKeys(group, new Set(names), outlines)
    case 'limit':
      return isOn(routesWith(names, outlines))
        ? wholeOf(group)
        : ofKeys(group, keysWith(names, outlines), outlines)
    default:
      return wholeOf(group)
  }
}

const NOTHING: Part = { requests: 0, keys: [], orgs: [] }

function wholeOf({ requests, keys, orgs }: ChangeGroup): Part {
  return { requests, keys: keys.map(({ name }) => name), orgs: orgs.map(({ name }) => name) }
}

function ofKeys({ keys }: ChangeGroup, ids: ReadonlySet<string>, outlines: Outlines): Part {
  const own = keys.filter(({ name }) => ids.has(name))
  const hit = new Set(own.map(({ name }) => name))
  const orgs = outlines.flatMap((outline) =>
    outline.keys.filter(({ id }) => hit.has(id)).map(({ org }) => org),
  )
  return {
    requests: own.reduce((sum, { requests }) => sum + requests, 0),
    keys: [...hit],
    orgs: orgs.filter((org) => org !== ''),
  }
}

/** Ids of the routes on which one of these limits holds, or held. */
function routesWith(names: readonly string[], outlines: Outlines): readonly string[] {
  return outlines.flatMap(({ routes }) =>
    routes.filter(({ limits }) => limits.some((name) => names.includes(name))).map(({ id }) => id),
  )
}

/** Ids of the keys that bring one of these limits along, or did. */
function keysWith(names: readonly string[], outlines: Outlines): ReadonlySet<string> {
  const ids = outlines.flatMap(({ keys }) =>
    keys.filter(({ limits }) => limits?.some((name) => names.includes(name)) === true).map(({ id }) => id),
  )
  return new Set(ids)
}
