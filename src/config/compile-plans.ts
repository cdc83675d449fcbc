import { FORWARDING_NAMES, HOP_BY_HOP, NEVER_FORWARDED, SERVER_NAMES } from '../core/headers.ts'
import type { ReplyPlan, RequestPlan, Upstream } from '../core/policy.ts'
import type { Part } from '../policies/define.ts'
import type { Draft } from './draft.ts'
import type { RouteShared } from './schema-route.ts'
import type { Path } from './yaml-values.ts'

type Fields = NonNullable<NonNullable<RouteShared['headers']>['request']>

/** What tells of limits in replies: only ours pass. */
const LIMIT_NAMES: readonly string[] = Object.freeze([
  'ratelimit',
  'ratelimit-policy',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
])
/** Framing and connection: to touch them is to have two readers see two messages. */
const FRAMING: readonly string[] = Object.freeze([...HOP_BY_HOP, 'host', 'content-length'])
const CORS_PREFIX = 'access-control-'

/** Where the policy names another header, or none, an API may still believe these. */
const USUAL_IDENTITY: readonly string[] = Object.freeze(
  ['subject', 'org', 'scopes', 'roles', 'key-id', 'auth'].map((what) => `x-sallyport-${what}`),
)
const ALWAYS_DROPPED_FROM_REQUESTS: readonly string[] = Object.freeze([
  ...NEVER_FORWARDED,
  ...FORWARDING_NAMES,
  ...USUAL_IDENTITY,
])
const ALWAYS_DROPPED_FROM_REPLIES: readonly string[] = Object.freeze([
  ...HOP_BY_HOP,
  ...SERVER_NAMES,
  'x-request-id',
  ...LIMIT_NAMES,
])

/** Plans of routes with the same settings are one object, so that a thousand routes do not keep a thousand sets. */
export class Plans {
  readonly #requests = new Map<string, RequestPlan>()
  readonly #replies = new Map<string, ReplyPlan>()

  request(parts: readonly Part[], fields: Fields | undefined, upstream: Upstream): RequestPlan {
    const host = upstream.preserveHost ? null : (upstream.origins[0]?.replace(/^https?:\/\//, '') ?? null)
    const key = JSON.stringify([parts.map(({ request }) => request), fields, host])
    return shared(this.#requests, key, () => requestPlan(parts, fields, host))
  }

  reply(parts: readonly Part[], fields: Fields | undefined): ReplyPlan {
    const key = JSON.stringify([parts.map(({ reply }) => reply), fields])
    return shared(this.#replies, key, () => replyPlan(parts, fields))
  }
}

function requestPlan(parts: readonly Part[], fields: Fields | undefined, host: string | null): RequestPlan {
  const own = flat(fields?.set)
  const drop = new Set([
    ...ALWAYS_DROPPED_FROM_REQUESTS,
    ...parts.flatMap(({ request }) => request?.drop ?? []),
    ...(fields?.remove ?? []),
    ...namesOf(own),
  ])
  const set = Object.freeze([...parts.flatMap(({ request }) => request?.set ?? []), ...own])
  const dropQuery = Object.freeze([...new Set(parts.flatMap(({ request }) => request?.dropQuery ?? []))])
  return Object.freeze({ drop, set, host, dropQuery })
}

/** A field that a part sets without dropping the upstream's, such as `vary`, is added to it. */
function replyPlan(parts: readonly Part[], fields: Fields | undefined): ReplyPlan {
  const own = flat(fields?.set)
  const removed = new Set([...(fields?.remove ?? []), ...namesOf(own)])
  const drop = new Set([
    ...ALWAYS_DROPPED_FROM_REPLIES,
    ...parts.flatMap(({ reply }) => reply?.drop ?? []),
    ...removed,
  ])
  const fixed = parts.flatMap(({ reply }) => without(reply?.set ?? [], removed))
  return Object.freeze({ drop, set: Object.freeze([...fixed, ...own]) })
}

function shared<T extends object>(known: Map<string, T>, key: string, make: () => T): T {
  const same = known.get(key)
  if (same !== undefined) return same
  const plan = make()
  known.set(key, plan)
  return plan
}

function flat(set: Readonly<Record<string, string>> | undefined): string[] {
  return Object.entries(set ?? {}).flatMap(([name, value]) => [name.toLowerCase(), value])
}

function namesOf(fields: readonly string[]): string[] {
  return fields.filter((_, i) => i % 2 === 0)
}

function without(fields: readonly string[], names: ReadonlySet<string>): string[] {
  return fields.filter((_, i) => !names.has((fields[i - (i % 2)] ?? '').toLowerCase()))
}

/** Fields that the YAML may not touch, because Sallyport answers for them. */
export function tellOwnedFields(
  headers: RouteShared['headers'],
  at: Path,
  identityNames: readonly string[],
  draft: Draft,
): void {
  const request = new Set([...FRAMING, 'expect', ...FORWARDING_NAMES, ...USUAL_IDENTITY, ...identityNames])
  const response = new Set([...FRAMING, 'x-request-id', ...LIMIT_NAMES])
  tellFields(headers?.request, [...at, 'request'], (name) => request.has(name), draft)
  tellFields(headers?.response, [...at, 'response'], (name) => response.has(name) || isCors(name), draft)
}

function isCors(name: string): boolean {
  return name.startsWith(CORS_PREFIX)
}

function tellFields(
  fields: Fields | undefined,
  at: Path,
  isOwned: (name: string) => boolean,
  draft: Draft,
): void {
  const seen = new Set<string>()
  for (const written of Object.keys(fields?.set ?? {})) {
    const name = written.toLowerCase()
    const mistake = seen.has(name)
      ? `\`${name}\` stands here twice, in other case`
      : setMistake(name, isOwned(name))
    if (mistake !== null) draft.error([...at, 'set', written], mistake, hintFor(name))
    seen.add(name)
  }
  for (const [i, name] of (fields?.remove ?? []).entries()) {
    if (isOwned(name))
      draft.error([...at, 'remove', i], `\`${name}\` belongs to Sallyport itself`, hintFor(name))
  }
}

function setMistake(name: string, isOwned: boolean): string | null {
  if (!TOKEN.test(name)) return 'this is not a header name'
  return isOwned ? `\`${name}\` is set by Sallyport itself` : null
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]{1,128}$/

function hintFor(name: string): string | undefined {
  return isCors(name) ? 'see `cors`' : undefined
}
