import type { Outline } from '../config/outline.ts'
import type { OutlineRoute } from '../config/outline-route.ts'
import type { Limit } from '../core/limits.ts'
import { isNeverLooser } from './limit-order.ts'

/** Ids of the new routes that serve requests of an old one. */
export type GoesTo = (oldId: string) => ReadonlySet<string>

/**
 * Who is counted together. A limit that holds on several routes, or for several keys, is one count: another one that is
 * as strict takes its place only where it holds for all of them, or each of them has a count of its own.
 */
export interface Together {
  /** Whether nobody can send more of the requests of `from` under `other` than under `limit`. */
  readonly covers: (limit: Limit, other: Limit, from: OutlineRoute) => boolean
  /** As `covers`, for keys that bring their limits along; their own routes are looked at elsewhere. */
  readonly coversOthers: (limit: Limit, other: Limit) => boolean
  /** Names of limits, of this route and of keys, that count its requests in another place since they count by route. */
  readonly byRoute: (from: OutlineRoute, to: OutlineRoute) => readonly string[]
  /** Whether its requests go to several routes. */
  readonly isSplit: (from: OutlineRoute) => boolean
}

export function togetherIn(old: Outline, now: Outline, goesTo: GoesTo): Together {
  const routes = new Map(now.routes.map((route) => [route.id, new Set(route.limits)]))
  const users = usersOf(old)
  const keys = new Map(now.keys.map((key) => [key.id, new Set(key.limits)]))
  const isOn = (name: string, oldId: string) =>
    [...goesTo(oldId)].every((route) => routes.get(route)?.has(name) === true)
  const isWhereverWas = remembered((name, other) => users.routes(name).every((id) => isOn(other, id)))
  const isOfAllKeys = ({ name, by }: Limit, other: Limit) =>
    // Who is counted by key shares with nobody.
    by.includes('key') || users.keys(name).every((id) => keys.get(id)?.has(other.name) !== false)
  const ofKeys = new Set(
    now.keys.flatMap(({ limits }) => limits ?? []).filter((name) => isByRoute(now, name)),
  )
  return {
    covers(limit, other, from) {
      if (!isNeverLooser(limit, other) || !isOfAllKeys(limit, other)) return false
      if (!limit.by.includes('route')) return isWhereverWas(limit.name, other.name)
      const isSplit = other.by.includes('route') && goesTo(from.id).size > 1
      return !isSplit && isOn(other.name, from.id)
    },
    coversOthers(limit, other) {
      if (!isNeverLooser(limit, other)) return false
      if (limit.name === other.name || limit.by.includes('key')) return true
      return isOfAllKeys(limit, other) && isWhereverWas(limit.name, other.name)
    },
    isSplit: ({ id }) => goesTo(id).size > 1,
    byRoute(from, to) {
      const kept = from.limits.filter((name) => to.limits.includes(name) && isByRoute(now, name))
      const hasKeys = to.auth.some((name) => name !== 'none')
      return [...new Set([...kept, ...(hasKeys ? ofKeys : [])])]
    },
  }
}

/** Asked for each route of a large policy, and answered once for each two names. */
function remembered(ask: (name: string, other: string) => boolean): typeof ask {
  const answers = new Map<string, boolean>()
  return (name, other) => {
    const key = `${name} ${other}`
    const answer = answers.get(key) ?? ask(name, other)
    answers.set(key, answer)
    return answer
  }
}

function isByRoute({ limits }: Outline, name: string): boolean {
  return limits[name]?.by.includes('route') === true
}

/** Ids of the routes and keys that name a limit. */
function usersOf({ routes, keys }: Outline) {
  const ofRoutes = idsByLimit(routes)
  const ofKeys = idsByLimit(keys)
  return {
    routes: (name: string): readonly string[] => ofRoutes.get(name) ?? [],
    keys: (name: string): readonly string[] => ofKeys.get(name) ?? [],
  }
}

interface User {
  readonly id: string
  readonly limits: readonly string[] | null
}

function idsByLimit(users: readonly User[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const { id, limits } of users) {
    for (const name of limits ?? []) {
      const ids = found.get(name)
      if (ids === undefined) found.set(name, [id])
      else ids.push(id)
    }
  }
  return found
}
