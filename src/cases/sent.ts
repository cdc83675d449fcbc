import type { Claim } from '../core/ports.ts'
import type { Sent } from './client.ts'
import type { Identity, RequestSettings } from './schema-request.ts'

/** What of a policy a request is made for. */
export interface Surroundings {
  /** For requests that name no host. */
  readonly host: string
  /** By the name of each authenticator. */
  readonly keyPlaces: ReadonlyMap<string, readonly string[]>
}

const DEFAULT_AUTHENTICATOR = 'key'
/** Of these a request without a body says so, as most clients do. */
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/** The bytes that a case sends. */
export function sentOf(
  request: RequestSettings,
  identity: Identity | undefined,
  { host, keyPlaces }: Surroundings,
): Sent {
  const own = Object.entries(request.headers).flatMap(([name, value]) =>
    [value].flat().flatMap((one) => [name, one]),
  )
  const shown = shownKey(identity, keyPlaces)
  const body = bodyOf(request.body)
  const target = shown.query === '' ? request.path : withParameter(request.path, shown.query)
  const given = [...own, ...shown.fields]
  const hosts = hasField(given, 'host') ? [] : ['host', request.host ?? host]
  const fields = [...hosts, ...given, ...framingOf(request, given, body)]
  return { method: request.method, target, fields, body, peer: request.ip }
}

function bodyOf(body: RequestSettings['body']): Uint8Array | null {
  if (body === undefined) return null
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

function framingOf(
  request: RequestSettings,
  given: readonly string[],
  body: Uint8Array | null,
): readonly string[] {
  const fields: string[] = []
  const isJson = typeof request.body === 'object'
  if (isJson && !hasField(given, 'content-type')) fields.push('content-type', 'application/json')
  if (hasField(given, 'content-length') || hasField(given, 'transfer-encoding')) return fields
  if (body !== null || WITH_BODY.has(request.method)) fields.push('content-length', `${body?.length ?? 0}`)
  return fields
}

function hasField(fields: readonly string[], lowerName: string): boolean {
  return fields.some((text, i) => i % 2 === 0 && text.toLowerCase() === lowerName)
}

function withParameter(path: string, parameter: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}${parameter}`
}

interface Shown {
  readonly fields: readonly string[]
  /** '' is none. */
  readonly query: string
}

const NOTHING: Shown = Object.freeze({ fields: Object.freeze([]), query: '' })

/** A key whose text is at hand is shown as a client would. */
function shownKey(identity: Identity | undefined, places: Surroundings['keyPlaces']): Shown {
  if (typeof identity !== 'object' || identity.key_text === undefined) return NOTHING
  const text = identity.key_text
  const place = places.get(identity.authenticator ?? DEFAULT_AUTHENTICATOR)?.[0] ?? ''
  const name = place.slice(place.indexOf(':') + 1)
  if (place === 'bearer') return { ...NOTHING, fields: ['authorization', `Bearer ${text}`] }
  if (place === 'basic') {
    return { ...NOTHING, fields: ['authorization', `Basic ${Buffer.from(`key:${text}`).toString('base64')}`] }
  }
  if (place.startsWith('query:')) return { ...NOTHING, query: `${name}=${encodeURIComponent(text)}` }
  return { ...NOTHING, fields: [name, text] }
}

/** What the checks believe in the place of a credential; undefined: what the request shows. */
export function claimOf(identity: Identity | undefined): Claim | undefined {
  if (identity === undefined) return undefined
  if (typeof identity === 'string') return { kind: identity }
  const { key, authenticator = null, subject, org = '', scopes = [], roles = [], limits = null } = identity
  if (key !== undefined) return { kind: 'key', id: key, authenticator }
  if (subject === undefined) return undefined
  const given = { kind: 'token', keyId: '', authenticator: 'given' } as const
  return { kind: 'principal', principal: { ...given, subject, org, scopes, roles, limits } }
}
