import type { About } from '../config/about.ts'
import type { RouteAbout } from '../config/about-routes.ts'
import type { Facts } from '../core/facts.ts'
import { hostIsServed, hostSet } from '../core/host.ts'
import { preflightMethod } from '../core/match.ts'
import type { Policy, Route } from '../core/policy.ts'
import { alikeRoutes } from './alike.ts'
import type { Explanation } from './explanation.ts'
import { type Fit, fitOf } from './pattern-match.ts'

type NearMiss = Explanation['near_misses'][number]
export type NearMisses = Pick<Explanation, 'near_misses' | 'more_near_misses'>

const MAX_TOLD = 5

/**
 * The routes that a request would have matched with another method, host or spelling; if its path is none that the
 * policy knows, those whose pattern looks like it.
 */
export function nearMisses(policy: Policy, about: About, facts: Facts, matched: Route | null): NearMisses {
  const others = policy.routes.filter((route) => route !== matched)
  const near = others.flatMap((route) => nearMiss(route, about, facts, matched) ?? [])
  near.sort((a, b) => a.why.length - b.why.length)
  const routes = near.slice(0, MAX_TOLD)
  const more = near.length - routes.length
  // Who named a route by its path did not mistype it; a route for every path says nothing of that.
  if (matched !== null || near.some(({ pattern }) => !pattern.endsWith('*')))
    return { near_misses: routes, more_near_misses: more }
  const known = new Set(near.map(({ id }) => id))
  const rest = others.filter(({ id }) => !known.has(id))
  const alike = alikeRoutes(rest, facts.path, MAX_TOLD - routes.length).map((route) => {
    const others = otherReasons(route, about.routes.get(route.id)?.hosts ?? null, facts)
    return missOf(route, about, [differs(route), ...others])
  })
  return { near_misses: [...routes, ...alike], more_near_misses: more }
}

function nearMiss(route: Route, about: About, facts: Facts, matched: Route | null): NearMiss | null {
  const place = about.routes.get(route.id)
  if (place === undefined) return null
  const path = pathReason(route, place, facts)
  if (path === null) return null
  const rest = path === ENCODED_SLASH ? { ...facts, encodedSlash: false } : facts
  const why = [...path, ...otherReasons(route, place.hosts, rest)]
  if (why.length > 0) return missOf(route, about, why)
  return missOf(route, about, [
    matched === null ? 'it is not reached' : `\`${matched.id}\` is more specific, and goes first`,
  ])
}

function missOf({ id, pattern, methods }: Route, about: About, why: readonly string[]): NearMiss {
  const hosts = about.routes.get(id)?.hosts ?? null
  return { id, pattern, methods: [...methods], hosts: hosts === null ? null : [...hosts], why: [...why] }
}

const differs = ({ pattern }: Route): string => `the path differs: is ${pattern} what was meant?`

const PATH_REASONS: Readonly<Record<Exclude<Fit, 'differs'>, readonly string[]>> = {
  fits: [],
  case: ['the path is written in another case, and the route tells upper from lower'],
  slash: ['the slash at the end of the path makes another path of it'],
}

const ENCODED_SLASH: readonly string[] = [
  'an encoded slash (%2F) is part of its segment, and does not end it',
]

/** @returns null when the path is another one */
function pathReason({ pattern }: Route, { path }: RouteAbout, facts: Facts): readonly string[] | null {
  const fit = fitOf(pattern, path, facts.path)
  if (fit !== 'differs') return PATH_REASONS[fit]
  if (!facts.encodedSlash || fitOf(pattern, path, facts.path.replaceAll('%2F', '/')) !== 'fits') return null
  return ENCODED_SLASH
}

function otherReasons(
  { methods, websocket, encodedSlash }: Route,
  hosts: RouteAbout['hosts'],
  facts: Facts,
): readonly string[] {
  const asked = preflightMethod(facts)
  const isListed = methods.includes(facts.method) || (asked !== undefined && methods.includes(asked))
  return [
    ...(isListed ? [] : [`the method ${facts.method} is not one of ${methods.join(', ')}`]),
    ...(hosts === null || hostIsServed(hostSet(hosts), facts.host)
      ? []
      : [`the host ${facts.host} is not one of ${hosts.join(', ')}`]),
    ...(facts.websocket && !websocket ? ['it lets no WebSocket in'] : []),
    ...(facts.encodedSlash && !encodedSlash ? ['it takes no encoded slash (%2F)'] : []),
  ]
}
