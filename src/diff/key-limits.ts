import type { Outline, OutlineKey } from '../config/outline.ts'
import type { OutlineRoute } from '../config/outline-route.ts'
import { textOf } from '../config/outline-words.ts'
import type { Limit } from '../core/limits.ts'
import { countsKey } from '../policies/limit/plan.ts'
import { type Finding, finding } from './change.ts'
import { isNeverLooser, type Order } from './limit-order.ts'
import type { Together } from './together.ts'
import { between, listed } from './words.ts'

export interface KeyLimitScene {
  readonly before: Outline
  readonly after: Outline
  readonly together: Together
}

/** The limits that hold for a key on routes, as they were and as they are. */
interface Held {
  readonly was: readonly Limit[]
  readonly is: readonly Limit[]
}

/** Compares the limits that keys bring along. They take the place of those of a route that count by key. */
export function comparingKeyLimits({ before: old, after: now, together }: KeyLimitScene) {
  // What is different about a limit itself is told of the limit, not of each key.
  const limitsOf = (names: readonly string[]) =>
    names.flatMap((name) => now.limits[name] ?? old.limits[name] ?? [])
  const routesOf = listsByKey(now)
  const heldOn = (before: Names, after: Names) => (route: readonly string[]) => ({
    was: combined(limitsOf(route), before === null ? null : limitsOf(before)),
    is: combined(limitsOf(route), after === null ? null : limitsOf(after)),
  })
  const orders = new Map<string, Order>()
  return function compareKeyLimits(before: OutlineKey, after: OutlineKey): Finding[] {
    if (isSameList(before.limits, after.limits)) return []
    const name = textOf([before.limits, after.limits, after.routes])
    const order =
      orders.get(name) ?? orderOf(routesOf(after).map(heldOn(before.limits, after.limits)), together)
    orders.set(name, order)
    const sentence = `goes by ${inWords(after.limits)}, before by ${inWords(before.limits)}`
    return [
      ...(order.looser ? [finding('key-limits-looser', sentence, ['limits'])] : []),
      ...(order.tighter ? [finding('key-limits-tighter', sentence, ['limits'])] : []),
    ]
  }
}

type Names = readonly string[] | null

function isSameList(before: Names, after: Names): boolean {
  if (before === null || after === null) return before === after
  const { added, gone } = between(before, after)
  return added.length === 0 && gone.length === 0
}

function inWords(names: Names): string {
  if (names === null) return 'the limits of the routes'
  return names.length === 0 ? 'no limit' : `its own limits ${listed(names)}`
}

/** As the gate does it, see policies/limit/route-limits.ts. */
function combined(ofRoute: readonly Limit[], own: readonly Limit[] | null): readonly Limit[] {
  return own === null ? ofRoute : [...ofRoute.filter((limit) => !countsKey(limit)), ...own]
}

/**
 * A limit of several routes is one count for all of them. What takes its place on each of them is as strict only when
 * it is one count, too: two of 60 are not one of 60.
 */
function orderOf(routes: readonly Held[], together: Together): Order {
  const stands = (limit: Limit, held: readonly Held[]) =>
    (held[0]?.is ?? []).some(
      (other) => together.coversOthers(limit, other) && held.every(({ is }) => is.includes(other)),
    )
  const isLooserFor = (limit: Limit) => {
    const held = routes.filter(({ was }) => was.includes(limit))
    return limit.by.includes('route') ? held.some((one) => !stands(limit, [one])) : !stands(limit, held)
  }
  return {
    looser: [...new Set(routes.flatMap(({ was }) => was))].some(isLooserFor),
    tighter: routes.some(({ was, is }) => is.some((limit) => !was.some((one) => isNeverLooser(limit, one)))),
  }
}

/** The different lists of limits of the routes that a key is good for and that look at keys. */
function listsByKey({ routes }: Outline): (key: OutlineKey) => readonly (readonly string[])[] {
  const looking = routes.filter(({ auth }) => auth.some((name) => name !== 'none'))
  const byId = new Map(looking.map((route) => [route.id, route]))
  const all = different(looking)
  return (key) => (key.routes === null ? all : different(key.routes.flatMap((id) => byId.get(id) ?? [])))
}

function different(routes: readonly OutlineRoute[]): readonly (readonly string[])[] {
  return [...new Map(routes.map(({ limits }) => [limits.join(' '), limits])).values()]
}
