import { METHODS } from '../config/methods.ts'
import type { Outlined } from '../config/outline.ts'
import type { OutlineRoute } from '../config/outline-route.ts'
import type { Policy } from '../core/policy.ts'
import { UNDECIDED } from './access.ts'
import { credentialOf, nameOf, type Operation } from './operations.ts'
import { patternOfTemplate, samplePath } from './paths.ts'
import { covers, type Shape, segmentsOf, shapesOf } from './shapes.ts'

export type DriftCode =
  | 'operation-not-served'
  | 'method-not-served'
  | 'route-not-described'
  | 'method-not-described'
  | 'path-not-described'
  | 'credential-not-asked'
  | 'credential-not-described'
  | 'scopes-not-asked'

/** A difference between a policy and the document of its API. */
export interface Drift {
  readonly code: DriftCode
  readonly message: string
  readonly route: string | null
  /** Of the operation; null when there is none. */
  readonly method: string | null
  readonly path: string | null
  readonly pointer: string | null
  /** Line of the route in the policy. */
  readonly line: number | null
}

type Good = Outlined & {
  readonly outline: NonNullable<Outlined['outline']>
  readonly compiled: NonNullable<Outlined['compiled']>
}

const MAX_HOSTS = 50
/** A host that no policy names. */
const ANY_HOST = 'host.invalid'
/** HEAD comes with GET, OPTIONS with CORS. */
const COMES_ALONG: ReadonlySet<string> = new Set(['HEAD', 'OPTIONS'])

/**
 * Differences both ways: by one request for each operation, for parameters a sample.
 * @param base what stands in front of every path; null: what the document's servers say
 */
export function driftOf(policy: Good, operations: readonly Operation[], base: string | null): Drift[] {
  const finding = new Finding(policy)
  for (const operation of operations) {
    if (operation.method === 'TRACE') continue
    finding.operation({ ...operation, full: `${base ?? operation.basePath}${operation.path}` })
  }
  finding.routes()
  return finding.found
}

class Finding {
  readonly found: Drift[] = []
  readonly #policy: Good
  readonly #hosts: readonly string[]
  readonly #routes: ReadonlyMap<string, OutlineRoute>
  /** Shapes of the operations that come to a route, by its id and their methods. */
  readonly #described = new Map<string, Described>()

  constructor(policy: Good) {
    this.#policy = policy
    this.#hosts = hostsOf(policy.outline)
    this.#routes = new Map(policy.outline.routes.map((route) => [route.id, route]))
  }

  operation(asked: Asked): void {
    const { policy } = this.#policy.compiled
    const ids = servedBy(policy, this.#hosts, asked.method, asked.full)
    if (ids.length === 0) this.found.push(notServed(policy, this.#hosts, asked))
    for (const id of ids) {
      this.#describe(id, asked)
      const route = this.#routes.get(id)
      if (route === undefined) continue
      const line = this.#lineOf(route)
      this.found.push(...credentialDrift(asked, route, line), ...scopeDrift(asked, route, line))
    }
  }

  #describe(id: string, { method, full }: Asked): void {
    const described: Described = this.#described.get(id) ?? new Map()
    const shapes = described.get(method) ?? []
    const shape = patternOfTemplate(full)?.shape
    if (shape !== undefined) shapes.push(segmentsOf(shape))
    described.set(method, shapes)
    this.#described.set(id, described)
  }

  routes(): void {
    for (const route of this.#routes.values()) {
      this.found.push(...notDescribed(route, this.#described.get(route.id), this.#lineOf(route)))
    }
  }

  #lineOf({ index }: OutlineRoute): number {
    return this.#policy.at(['routes', index]).line
  }
}

function hostsOf({ settings, routes }: Good['outline']): readonly string[] {
  const written = [...(settings.hosts ?? []), ...routes.flatMap(({ match }) => match.hosts ?? [])]
  const hosts = new Set(written.map((host) => (host.startsWith('*') ? `x${host.slice(1)}` : host)))
  if (settings.hosts === null) hosts.add(ANY_HOST)
  return [...hosts].slice(0, MAX_HOSTS)
}

/** Ids of the routes that such a request comes to, for one host or the other. */
function servedBy({ find }: Policy, hosts: readonly string[], method: string, template: string): string[] {
  const path = samplePath(template)
  return path === null ? [] : [...new Set(hosts.flatMap((host) => find(host, method, path)?.id ?? []))]
}

type Asked = Operation & { readonly full: string }

function askedFor(asked: Asked): string {
  return `${asked.method} ${asked.full} (${nameOf(asked)})`
}

/** Shapes of operations by their methods. */
type Described = Map<string, Shape[]>

function notServed(policy: Policy, hosts: readonly string[], asked: Asked): Drift {
  const others = METHODS.filter((method) => servedBy(policy, hosts, method, asked.full).length > 0)
  const [code, why] =
    others.length === 0
      ? (['operation-not-served', 'no route serves it'] as const)
      : (['method-not-served', `its path is served with ${others.join(', ')} only`] as const)
  return { ...placeOf(asked), code, message: `${askedFor(asked)}: ${why}`, route: null, line: null }
}

const placeOf = ({ method, full, pointer }: Asked) => ({ method, path: full, pointer })

function credentialDrift(asked: Asked, route: OutlineRoute, line: number): Drift[] {
  const credential = credentialOf(asked)
  const isOpen = route.auth.includes('none')
  const place = { ...placeOf(asked), route: route.id, line }
  if (credential === 'required' && isOpen) {
    const message = `${askedFor(asked)}: the document asks for a credential, the route ${route.id} lets in who has none`
    return [{ ...place, code: 'credential-not-asked', message }]
  }
  if (credential === 'none' && !isOpen) {
    const message = `${askedFor(asked)}: the route ${route.id} asks for a credential, the document does not`
    return [{ ...place, code: 'credential-not-described', message }]
  }
  return []
}

/** A route for which the scopes that it asks for are not enough to be let in by the document. */
function scopeDrift(asked: Asked, route: OutlineRoute, line: number): Drift[] {
  if (credentialOf(asked) !== 'required' || route.auth.includes('none')) return []
  const wanted = (asked.security ?? []).map((one) => [...new Set([...one.values()].flat())])
  const held = route.allow.scopes ?? []
  const enough = route.allow.anyScope?.map((one) => [...held, one]) ?? [held]
  const isEnough = (scopes: readonly string[]) =>
    wanted.some((names) => names.every((name) => scopes.includes(name)))
  if (held.includes(UNDECIDED) || enough.every(isEnough)) return []
  const texts = [...new Set(wanted.map((names) => names.join(' and ')))].join(', or ')
  const message = `${askedFor(asked)}: the document asks for the scopes ${texts}, the route ${route.id} for ${scopesText(route)}`
  return [{ ...placeOf(asked), code: 'scopes-not-asked', message, route: route.id, line }]
}

function scopesText({ allow: { scopes, anyScope } }: OutlineRoute): string {
  const texts = [...(scopes ?? []), ...(anyScope === null ? [] : [`any of ${anyScope.join(', ')}`])]
  return texts.length === 0 ? 'none' : texts.join(' and ')
}

function notDescribed(route: OutlineRoute, described: Described | undefined, line: number): Drift[] {
  const { id, match } = route
  const place = { route: id, method: null, path: match.path, pointer: null, line }
  const name = `the route ${id} (${match.path})`
  if (described === undefined) {
    const message = `${name}: no operation of the document comes to it`
    return [{ ...place, code: 'route-not-described', message }]
  }
  const methods = match.methods.filter((method) => !COMES_ALONG.has(method))
  const others = methods.filter((method) => !described.has(method))
  const wider = methods.filter((method) => isWider(route, described.get(method)))
  const found: Drift[] = []
  if (others.length > 0) {
    const message = `${name}: no operation of the document has ${others.join(', ')}`
    found.push({ ...place, code: 'method-not-described', message })
  }
  if (wider.length > 0) {
    const message = `${name}: with ${wider.join(', ')} it serves more paths than the document has`
    found.push({ ...place, code: 'path-not-described', message })
  }
  return found
}

/** Whether it has paths beside those of the operations. What no pattern can say of them is no difference. */
function isWider({ match, path }: OutlineRoute, operations: readonly Shape[] | undefined): boolean {
  if (operations === undefined) return false
  const isSensitive = path.case === 'sensitive'
  const known = isSensitive ? operations : operations.map((one) => one.map((text) => text.toLowerCase()))
  return shapesOf(match.path, path).some((form) => !known.some((one) => covers(one, form)))
}
