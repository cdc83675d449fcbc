import type { OutlineCors, OutlineRoute } from '../config/outline-route.ts'
import { isWildcard, matchesWildcard, wildcardOrigin } from '../policies/cors/origins.ts'
import { type Finding, finding } from './change.ts'
import type { Code } from './codes.ts'
import { shareOf } from './route-rest.ts'
import { between, duration, listed, quoted } from './words.ts'

const ANY = '*'

export function compareCors(before: OutlineRoute, after: OutlineRoute): Finding[] {
  if (before.cors === null && after.cors === null) return []
  if (after.cors === null) return gone(after)
  if (before.cors === null) {
    const who = `pages of ${listed(after.cors.origins)} may read replies${withUser(after.cors)}`
    return [finding('cors-added', who, ['cors'])]
  }
  return [
    ...origins(before.cors, after.cors),
    ...credentials(before.cors, after.cors),
    ...lists(before.cors, after.cors),
    ...maxAge(before.cors, after.cors),
    ...effect(before, after.cors, after),
  ]
}

/** Where refusals of `cors` are only reported, it lets nobody in either: no preflight is answered, no reply has its fields. */
function effect(before: OutlineRoute, cors: OutlineCors, after: OutlineRoute): Finding[] {
  const [was, is] = [shareOf(before.reported, 'cors'), shareOf(after.reported, 'cors')]
  const pages = `pages of ${listed(cors.origins)}`
  if (is > was) return [finding('cors-added', `\`cors\` takes effect: ${pages} may read replies`, ['mode'])]
  if (is < was)
    return [finding('cors-gone', `\`cors\` only reports: no preflight of ${pages} is answered`, ['mode'])]
  return []
}

function withUser({ credentials: isOn }: OutlineCors): string {
  return isOn ? ', with the credentials of the user' : ''
}

function gone({ websocket }: OutlineRoute): Finding[] {
  const closed = finding('cors-gone', 'no page of another origin is answered; CORS of the API itself passes')
  if (!websocket) return [closed]
  const open = 'without `cors`, pages of every origin may open a WebSocket'
  return [closed, finding('websocket-origins-unchecked', open)]
}

function origins({ origins: before }: OutlineCors, { origins: after }: OutlineCors): Finding[] {
  const added = after.filter((origin) => !isCovered(origin, before))
  const missing = before.filter((origin) => !isCovered(origin, after))
  const path = ['cors', 'origins']
  return [
    ...added.map((one) =>
      finding('cors-origin-added', `pages of ${quoted(one)} may read replies`, [...path, after.indexOf(one)]),
    ),
    ...missing.map((one) =>
      finding('cors-origin-gone', `pages of ${quoted(one)} may no longer read replies`, path),
    ),
  ]
}

/** Whether a list lets in all that an entry of another one does. */
function isCovered(origin: string, list: readonly string[]): boolean {
  if (list.includes(ANY) || list.includes(origin)) return true
  if (origin === ANY) return false
  const wildcards = list.filter(isWildcard).map(wildcardOrigin)
  // Every host below a wildcard is below the same wildcards as each of them.
  return matchesWildcard(wildcards, origin.replace('//*.', '//x.'))
}

function credentials({ credentials: before }: OutlineCors, { credentials: after }: OutlineCors): Finding[] {
  if (before === after) return []
  const path = ['cors', 'credentials']
  return after
    ? [finding('cors-credentials-on', 'browsers send the credentials of the user along', path)]
    : [finding('cors-credentials-off', 'browsers keep the credentials of the user', path)]
}

function lists(before: OutlineCors, after: OutlineCors): Finding[] {
  const methods = between(before.methods, after.methods)
  const exposed = between(before.exposeHeaders, after.exposeHeaders)
  return [
    ...told('cors-methods-added', methods.added, 'scripts may use', 'methods'),
    ...told('cors-methods-gone', methods.gone, 'scripts may no longer use', 'methods'),
    ...headers(before.headers, after.headers),
    ...told('cors-exposed-added', exposed.added, 'scripts may read', 'expose_headers'),
    ...told('cors-exposed-gone', exposed.gone, 'scripts may no longer read', 'expose_headers'),
  ]
}

function headers(before: readonly string[] | null, after: readonly string[] | null): Finding[] {
  const path = ['cors', 'headers']
  if (before === null && after === null) return []
  if (after === null) return [finding('cors-headers-added', 'scripts may set every header', path)]
  if (before === null) {
    const only = after.length === 0 ? 'none' : listed(after)
    return [finding('cors-headers-gone', `of all headers, scripts may only set ${only}`, path)]
  }
  const { added, gone: missing } = between(before, after)
  return [
    ...told('cors-headers-added', added, 'scripts may set', 'headers'),
    ...told('cors-headers-gone', missing, 'scripts may no longer set', 'headers'),
  ]
}

function told(code: Code, names: readonly string[], what: string, key: string): Finding[] {
  return names.length === 0 ? [] : [finding(code, `${what} ${listed(names)}`, ['cors', key])]
}

function maxAge({ maxAgeMs: before }: OutlineCors, { maxAgeMs: after }: OutlineCors): Finding[] {
  if (before === after) return []
  const what = `browsers keep the answer to a preflight for ${duration(after)}, before for ${duration(before)}`
  return [finding('cors-max-age-changed', what, ['cors', 'max_age'])]
}
