import type { Limit } from '../core/limits.ts'
import type { KeyTable } from '../policies/key/table.ts'
import { type RouteAbout, routesAbout } from './about-routes.ts'
import { redisSecretsInFile } from './compile-redis.ts'
import type { Sections } from './compile-sections.ts'
import type { Draft } from './draft.ts'

/** What people want to know of a policy and no request asks. */
export interface About {
  /** The file as it was written: references, not what they stand for. */
  readonly text: string
  /** Names in each route's `auth`, by the route's id; `none` among them lets requests without a credential in. */
  readonly auth: ReadonlyMap<string, readonly string[]>
  /** The admin token or a password of Redis itself stands in `text`, not a reference to it. */
  readonly tokenInFile: boolean
  /** Where each authenticator looks for a key, by its name. */
  readonly keyPlaces: ReadonlyMap<string, readonly string[]>
  /** Every named limit, in the file's order. */
  readonly limits: ReadonlyMap<string, LimitUse>
  /** By the route's id. */
  readonly routes: ReadonlyMap<string, RouteAbout>
  /** Lower-case names of the headers that tell the upstream who asks. */
  readonly identityNames: ReadonlySet<string>
}

/** A limit, and what is charged to it. */
export interface LimitUse {
  readonly limit: Limit
  /** Ids of the routes that name it, by themselves or through the defaults. */
  readonly routes: readonly string[]
  /** Keys that bring it along. */
  readonly keyCount: number
}

/** What the policy's parts were compiled to. */
interface Compiled {
  readonly limits: ReadonlyMap<string, Limit>
  readonly keys: KeyTable
}

export function aboutOf(text: string, sections: Sections, draft: Draft, compiled: Compiled): About {
  const { admin = null, redis = null } = sections.single
  const isTokenInFile = admin !== null && !draft.values.isSecret(['admin', 'token'])
  return Object.freeze({
    text,
    auth: namesByRoute('auth', sections, draft),
    keyPlaces: keyPlaces(sections),
    tokenInFile: isTokenInFile || (redis !== null && redisSecretsInFile(redis, draft).length > 0),
    limits: limitUses(compiled, namesByRoute('limits', sections, draft)),
    routes: routesAbout(sections, draft),
    identityNames: new Set(Object.values(sections.single.identity ?? {}).filter((name) => name !== null)),
  })
}

/** `key` looks in one header unless it is written otherwise. */
function keyPlaces({ named }: Sections): ReadonlyMap<string, readonly string[]> {
  const places = new Map<string, readonly string[]>([['key', ['header:x-api-key']]])
  for (const [name, settings] of named.authenticators) if (settings !== null) places.set(name, settings.in)
  return places
}

/** What each route says itself, or else the defaults. */
function namesByRoute(
  key: 'auth' | 'limits',
  { single, listed }: Sections,
  draft: Draft,
): ReadonlyMap<string, readonly string[]> {
  const byRoute = new Map<string, readonly string[]>()
  for (const [index, route] of listed.routes.entries()) {
    if (route === null) continue
    const names = draft.has(['routes', index, key]) ? route[key] : single.defaults?.[key]
    byRoute.set(route.id, [names ?? []].flat())
  }
  return byRoute
}

function limitUses(
  { limits, keys }: Compiled,
  byRoute: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, LimitUse> {
  const routes = new Map([...limits.keys()].map((name): [string, string[]] => [name, []]))
  for (const [id, names] of byRoute) {
    for (const name of names) routes.get(name)?.push(id)
  }
  const keyCounts = new Map<string, number>()
  for (const key of keys.byId.values()) {
    for (const name of new Set(key.limits)) keyCounts.set(name, (keyCounts.get(name) ?? 0) + 1)
  }
  const uses = [...limits].map(([name, limit]): [string, LimitUse] => {
    return [name, { limit, routes: routes.get(name) ?? [], keyCount: keyCounts.get(name) ?? 0 }]
  })
  return new Map(uses)
}
