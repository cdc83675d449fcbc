import type { Outline, OutlineKey } from '../config/outline.ts'
import type { OutlineRoute } from '../config/outline-route.ts'
import { type Finding, finding } from './change.ts'
import { listed } from './words.ts'

/** A key of both policies that is not good for every route in each of them. */
interface Restricted {
  readonly id: string
  readonly isRevoked: boolean
  readonly wasGoodFor: (route: string) => boolean
  readonly isGoodFor: (route: string) => boolean
}

/** Compares which keys are good for requests that another route serves: what a key's own list says is told of the key. */
export function comparingRouteKeys(old: Outline, now: Outline) {
  const was = new Map(old.keys.map((key) => [key.id, key]))
  const keys = now.keys.flatMap((key) => {
    const before = was.get(key.id)
    return before === undefined || (before.routes ?? key.routes) === null ? [] : [restricted(before, key)]
  })
  return function compareRouteKeys(before: OutlineRoute, after: OutlineRoute): Finding[] {
    // Where nobody looks at a key, none is refused.
    if (!looksAtKeys(before) || !looksAtKeys(after)) return []
    const wider = keys.filter((key) => isWider(key, before.id, after.id))
    const narrower = keys.filter((key) => key.wasGoodFor(before.id) && !key.isGoodFor(after.id))
    const told = (some: readonly Restricted[]) => listed(some.map(({ id }) => id))
    return [
      ...(wider.length > 0
        ? [finding('route-keys-wider', `the keys ${told(wider)} are good for them now`)]
        : []),
      ...(narrower.length > 0
        ? [finding('route-keys-narrower', `the keys ${told(narrower)} are no longer good for them`)]
        : []),
    ]
  }
}

function restricted(before: OutlineKey, after: OutlineKey): Restricted {
  return {
    id: after.id,
    isRevoked: after.revoked,
    wasGoodFor: goodFor(before),
    isGoodFor: goodFor(after),
  }
}

function goodFor({ routes }: OutlineKey): (route: string) => boolean {
  if (routes === null) return () => true
  const ids = new Set(routes)
  return (route) => ids.has(route)
}

function isWider({ isRevoked, wasGoodFor, isGoodFor }: Restricted, from: string, to: string): boolean {
  return !isRevoked && !wasGoodFor(from) && isGoodFor(to)
}

function looksAtKeys({ auth }: OutlineRoute): boolean {
  return auth.some((name) => name !== 'none')
}
