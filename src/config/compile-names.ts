import { FORWARDING_NAMES, NEVER_FORWARDED } from '../core/headers.ts'
import type { Authenticator } from '../policies/auth/authenticator.ts'
import type { IdentityNames } from '../policies/define.ts'
import { type CompiledRoute, identityNames } from './compile-routes.ts'

/**
 * Names that only Sallyport may set or whose meaning it decides on. A client copy with `_` for `-` is refused at the
 * door, since many servers read both as one name.
 */
export function guardedNames(
  routes: readonly CompiledRoute[],
  identity: IdentityNames,
  authenticators: ReadonlyMap<string, Authenticator>,
): ReadonlySet<string> {
  const names = new Set([...NEVER_FORWARDED, ...FORWARDING_NAMES, ...identityNames(identity), ...MEANINGFUL])
  for (const { headers } of authenticators.values()) for (const name of headers) names.add(name)
  for (const request of new Set(routes.map(({ route }) => route.request))) {
    for (const name of request.drop) names.add(name)
  }
  return names
}

const MEANINGFUL: readonly string[] = Object.freeze([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'origin',
  'access-control-request-headers',
  'access-control-request-method',
  'sec-websocket-key',
  'sec-websocket-version',
])

/** A second one of these is an attack: which of the two an API reads is anybody's guess. */
export function onceNames(authenticators: ReadonlyMap<string, Authenticator>): ReadonlySet<string> {
  return new Set([...ONCE, ...credentialNames(authenticators)])
}

/** Headers that carry credentials; `authorization` also when no authenticator of ours reads it, for the API may. */
export function credentialNames(authenticators: ReadonlyMap<string, Authenticator>): ReadonlySet<string> {
  const ours = [...authenticators.values()].flatMap(({ headers }) => headers)
  return new Set(['authorization', 'proxy-authorization', ...ours])
}

const ONCE: readonly string[] = Object.freeze([
  'access-control-request-method',
  'content-length',
  'content-type',
  'expect',
  'host',
  'origin',
  'transfer-encoding',
])
