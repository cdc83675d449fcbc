import { parseAuthority } from '../../core/host.ts'
import type { OutlineRoute } from '../outline-route.ts'
import type { UpstreamUrl } from '../schema-values.ts'
import type { Path } from '../yaml-values.ts'
import { isLocalHost } from './local-host.ts'
import { namesOf, type PolicyCheck, type Subject } from './subject.ts'

const PLAIN = 'http://'
const ANYBODY = 'none'
/** Names of headers whose values are secrets wherever they are used. */
const CREDENTIAL_NAME = /^(?:cookie|.*(?:api-?key|token|secret|password))$/

/** Upstreams that get what nobody else may see or change, over a way on which anybody can. */
export const credentialOverHttp: PolicyCheck = function* credentialOverHttp(subject) {
  for (const [name, path, host] of plainPlaces(subject)) {
    const sent = sentTo(name, subject)
    if (sent.length === 0) continue
    yield {
      code: 'credential-over-http',
      path,
      message: `\`${name}\` gets ${sent.join('; ')} over plain HTTP to \`${host}\``,
      hint: 'write https://; loopback, private addresses and names of one label count as local',
    }
  }
}

type Place = readonly [name: string, path: Path, host: string]

/** URLs with plain HTTP to a host that is not local. */
function plainPlaces({ sections }: Subject): Place[] {
  return [...sections.named.upstreams].flatMap(([name, settings]) => {
    const { url, targets = [] } = settings ?? {}
    const at = ['upstreams', name]
    if (url !== undefined) return placeOf(name, [...at, 'url'], url)
    return targets.flatMap((target, i) => placeOf(name, [...at, 'targets', i], target))
  })
}

function placeOf(name: string, path: Path, { origin }: UpstreamUrl): Place[] {
  const host = distantHost(origin)
  return host === null ? [] : [[name, path, host]]
}

function distantHost(origin: string): string | null {
  if (!origin.startsWith(PLAIN)) return null
  const host = parseAuthority(origin.slice(PLAIN.length))?.host ?? ''
  return isLocalHost(host) ? null : host
}

function sentTo(upstream: string, subject: Subject): string[] {
  const routes = subject.routes.filter((route) => route.upstream === upstream)
  const ofRoutes = (what: string, some: readonly OutlineRoute[]) =>
    some.length === 0 ? [] : [`${what} of ${namesOf(some.map(({ id }) => id))}`]
  return [
    ...ofRoutes('the credentials', routes.filter(forwardsCredentials)),
    ...ofRoutes(
      'the secrets in `headers.request.set`',
      routes.filter((route) => setsCredentials(route, subject)),
    ),
    ...ofRoutes('the identities', tellsIdentities(subject) ? routes.filter(hasPrincipals) : []),
  ]
}

function hasPrincipals({ auth }: OutlineRoute): boolean {
  return auth.some((name) => name !== ANYBODY)
}

function forwardsCredentials(route: OutlineRoute): boolean {
  return route.forwardCredential && hasPrincipals(route)
}

function tellsIdentities({ sections }: Subject): boolean {
  return Object.values(sections.single.identity ?? {}).some((name) => name !== null)
}

/** By its name, or because its value came from a reference, which is where secrets are kept. */
function setsCredentials({ id, headers }: OutlineRoute, { policy, about }: Subject): boolean {
  const secretFields = about.routes.get(id)?.secretFields
  return Object.keys(headers.request.set).some(
    (name) =>
      policy.credentialNames.has(name) || CREDENTIAL_NAME.test(name) || secretFields?.has(name) === true,
  )
}
