import { METHODS } from '../config/methods.ts'
import type { Outlined } from '../config/outline.ts'
import type { OutlineRoute } from '../config/outline-route.ts'
import type { Policy } from '../core/policy.ts'
import { credentialOf, type Operation } from './operations.ts'
import { samplePath } from './paths.ts'

export type DriftCode =
  | 'operation-not-served'
  | 'method-not-served'
  | 'route-not-described'
  | 'method-not-described'
  | 'credential-not-asked'
  | 'credential-not-described'

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
  /** Methods of the operations that come to a route, by its id. */
  readonly #described = new Map<string, Set<string>>()

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
      this.#described.set(id, (this.#described.get(id) ?? new Set()).add(asked.method))
      const route = this.#routes.get(id)
      if (route !== undefined) this.found.push(...credentialDrift(asked, route, this.#lineOf(route)))
    }
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

function nameOf({ method, full, pointer, operationId }: Asked): string {
  return `${method} ${full} (${operationId === null ? '' : `${operationId}, `}${pointer})`
}

function notServed(policy: Policy, hosts: readonly string[], asked: Asked): Drift {
  const others = METHODS.filter((method) => servedBy(policy, hosts, method, asked.full).length > 0)
  const [code, why] =
    others.length === 0
      ? (['operation-not-served', 'no route serves it'] as const)
      : (['method-not-served', `its path is served with ${others.join(', ')} only`] as const)
  return { ...placeOf(asked), code, message: `${nameOf(asked)}: ${why}`, route: null, line: null }
}

const placeOf = ({ method, full, pointer }: Asked) => ({ method, path: full, pointer })

function credentialDrift(asked: Asked, route: OutlineRoute, line: number): Drift[] {
  const credential = credentialOf(asked)
  const isOpen = route.auth.includes('none')
  const place = { ...placeOf(asked), route: route.id, line }
  if (credential === 'required' && isOpen) {
    const message = `${nameOf(asked)}: the document asks for a credential, the route ${route.id} lets in who has none`
    return [{ ...place, code: 'credential-not-asked', message }]
  }
  if (credential === 'none' && !isOpen) {
    const message = `${nameOf(asked)}: the route ${route.id} asks for a credential, the document does not`
    return [{ ...place, code: 'credential-not-described', message }]
  }
  return []
}

function notDescribed(
  { id, match }: OutlineRoute,
  described: ReadonlySet<string> | undefined,
  line: number,
): Drift[] {
  const place = { route: id, method: null, path: match.path, pointer: null, line }
  if (described === undefined) {
    const message = `the route ${id} (${match.path}): no operation of the document comes to it`
    return [{ ...place, code: 'route-not-described', message }]
  }
  const others = match.methods.filter((method) => !described.has(method) && !COMES_ALONG.has(method))
  if (others.length === 0) return []
  const message = `the route ${id} (${match.path}): no operation of the document has ${others.join(', ')}`
  return [{ ...place, code: 'method-not-described', message }]
}
