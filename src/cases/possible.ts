import type { Code } from '../core/codes.ts'
import type { NamedCheck, Policy, Route } from '../core/policy.ts'
import { codesOfLimit } from '../policies/limit/codes.ts'
import type { GoodPolicy } from './suite.ts'

/** A check of a route that can refuse, or one of the things that it asks for. */
export interface Refuser {
  /** Its place among the checks of its route. */
  readonly index: number
  /** Its name, which of two it is, and what is refused where it asks for several things. */
  readonly label: string
  /** Any of them shows that it is there. */
  readonly codes: readonly Code[]
}

const LIMIT = 'limit'
const AUTH = 'auth'
/**
 * What a route asks for by itself. Each can be taken away while the rest of its check goes on refusing, so that
 * another refusal of the same check, or the same one on another route, does not show that it is there.
 */
const PARTS: ReadonlySet<Code> = new Set<Code>([
  'key_missing',
  'scope_missing',
  'role_missing',
  'org_refused',
  'body_invalid',
  'query_invalid',
  'rate_limited',
  'quota_exhausted',
  'concurrency_exceeded',
])

/** What of a policy can be covered: refusals that its settings cannot give are left out. */
export class Possible {
  readonly routes: readonly Route[]
  readonly #impossible: ReadonlySet<Code>
  /** Of limits that keys bring along. */
  readonly #brought: readonly Code[]

  constructor(compiled: GoodPolicy) {
    this.routes = compiled.policy.routes
    this.#impossible = impossibleCodes(compiled)
    this.#brought = [...compiled.about.limits.values()].flatMap(({ limit, keyCount }) =>
      keyCount === 0 ? [] : codesOfLimit(limit),
    )
  }

  /** What of a route's checks has to be seen refusing. */
  checksOf(route: Route): Refuser[] {
    return this.#wholesOf(route).flatMap((whole) => partsOf(whole, route.checks[whole.index]?.codes ?? []))
  }

  /** Its checks that can refuse. */
  #wholesOf({ checks }: Route): Refuser[] {
    const authAt = checks.findIndex(({ name }) => name === AUTH)
    const limits = checks.filter(({ name }) => name === LIMIT).length
    return checks.flatMap((check, index) => {
      const isBehind = index > authAt
      const codes = this.#codesOf(check, isBehind && takesKeys(checks[authAt]))
      const label =
        check.name === LIMIT && limits > 1 ? `limit ${isBehind ? 'after' : 'before'} auth` : check.name
      return codes.length === 0 ? [] : [{ index, label, codes }]
    })
  }

  #codesOf({ name, codes: own = [] }: NamedCheck, knowsKeys: boolean): Code[] {
    const all = new Set(name === LIMIT && knowsKeys ? [...own, ...this.#brought] : own)
    return [...all].filter((code) => !this.#impossible.has(code))
  }

  /** Each refusal that some check can give. */
  codes(): Code[] {
    return [...new Set(this.routes.flatMap((route) => this.#wholesOf(route).flatMap(({ codes }) => codes)))]
  }
}

/** @param own what the check refuses with whatever a key brings along */
function partsOf(whole: Refuser, own: readonly Code[]): Refuser[] {
  const { index, label, codes } = whole
  const parts = codes.filter((code) => PARTS.has(code) && own.includes(code))
  if (parts.length === 0 || codes.length === 1) return [whole]
  return parts.map((code) => ({ index, label: `${label} ${code}`, codes: [code] }))
}

function takesKeys(auth: NamedCheck | undefined): boolean {
  return (auth?.codes ?? []).length > 0
}

/** Some refusals need more than their check: a key that expires, a store that can fail. */
function impossibleCodes({ keys, policy, settings }: GoodPolicy): ReadonlySet<Code> {
  const impossible = new Set<Code>(['key_expired', 'key_revoked', 'key_route_refused'])
  if (settings.redis === null) impossible.add('limit_unavailable')
  const guarded = guardedRoutes(policy)
  for (const { expiresMs, revoked, routes } of keys.byId.values()) {
    if (expiresMs !== null) impossible.delete('key_expired')
    if (revoked) impossible.delete('key_revoked')
    if (routes !== null && !guarded.every((id) => routes.has(id))) impossible.delete('key_route_refused')
  }
  return impossible
}

/** Ids of the routes that ask for a credential. */
function guardedRoutes({ routes }: Policy): string[] {
  return routes
    .filter(({ checks }) => takesKeys(checks.find(({ name }) => name === AUTH)))
    .map(({ id }) => id)
}
