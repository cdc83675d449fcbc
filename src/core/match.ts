import { type Facts, headerOf } from './facts.ts'
import { hostIsServed } from './host.ts'
import { isReported } from './mode.ts'
import type { Policy, Route } from './policy.ts'
import { ANONYMOUS } from './principal.ts'
import { type Refuse, refuse } from './verdict.ts'

export type Match =
  | { readonly route: Route; readonly refusal: null }
  | { readonly route: Route | null; readonly refusal: Refuse }

/** The route of a request, or why there is none. */
export function matchRoute(policy: Policy, facts: Facts): Match {
  if (policy.hosts !== null && !hostIsServed(policy.hosts, facts.host)) {
    return { route: null, refusal: refuse('host_unknown', `host ${facts.host} is not in hosts`) }
  }
  const route = findRoute(policy, facts)
  if (route === null) {
    return { route: null, refusal: refuse('no_route', 'no route matches host, method and path') }
  }
  if (facts.encodedSlash && !route.encodedSlash) {
    return { route, refusal: refuse('path_refused', 'encoded slash on a route that does not allow it') }
  }
  if (facts.websocket && !route.websocket) {
    return {
      route,
      refusal: refuse('upgrade_refused', 'WebSocket upgrade on a route without websocket: true'),
    }
  }
  return { route, refusal: null }
}

/**
 * A preflight asks about another method's route, which answers it. A route without `cors` would hand it on instead, and
 * so give OPTIONS to an API that no route opens for it.
 */
function findRoute(policy: Policy, facts: Facts): Route | null {
  const asked = preflightMethod(facts)
  const intended = asked === undefined ? null : policy.find(facts.host, asked, facts.path)
  if (intended !== null && answersPreflights(intended, facts)) return intended
  return policy.find(facts.host, facts.method, facts.path)
}

/** In report mode `cors` answers none, as if it were not written. */
function answersPreflights(route: Route, facts: Facts): boolean {
  if (!route.checks.some(({ name }) => name === 'cors')) return false
  return !isReported(route, 'cors', { facts, principal: ANONYMOUS })
}

/** The method that a preflight asks about, as the Fetch standard has it; undefined when the request is none. */
export function preflightMethod(facts: Facts): string | undefined {
  if (facts.method !== 'OPTIONS' || facts.headers.origin === undefined) return undefined
  return headerOf(facts, 'access-control-request-method')
}
