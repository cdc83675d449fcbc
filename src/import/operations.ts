import { isMapping, type Mapping, member, type OpenApi, textOr } from './document.ts'
import { withoutReference } from './paths.ts'
import { pointerTo, resolved } from './references.ts'

/** One way to call the API, as its document tells. */
export interface Operation {
  /** Upper case. */
  readonly method: string
  /** What stands in front of every path of the document: '' or `/v1`. */
  readonly basePath: string
  /** Scheme and authority of the server that it names for itself or its path; null: it names none. */
  readonly origin: string | null
  /** The template below it: `/pets/{petId}`. */
  readonly path: string
  /** Where it stands in the document. */
  readonly pointer: string
  readonly operationId: string | null
  /** null: no body is described. */
  readonly body: { readonly pointer: string; readonly content: Mapping; readonly isRequired: boolean } | null
  /** Any one of these is enough; an empty one asks for nothing. null: the document does not speak of it. */
  readonly security: readonly Requirement[] | null
}

/** All of these together: names of security schemes to the scopes asked for. */
export type Requirement = ReadonlyMap<string, readonly string[]>

const METHODS: ReadonlySet<string> = new Set([
  ...['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'],
])

/** Every operation of a document, in its order. */
export function operationsOf({ root }: OpenApi): Operation[] {
  const base = basePathOf(root.servers) ?? ''
  return Object.entries(mappingOf(root.paths)).flatMap(([path, written]) => {
    if (!path.startsWith('/')) return []
    const item = mappingOf(resolved(root, written))
    const pathBase = basePathOf(item.servers) ?? base
    const origin = originOf(item.servers)
    return Object.entries(item).flatMap(([method, operation]) => {
      if (!METHODS.has(method) || !isMapping(operation)) return []
      const pointer = pointerTo(pointerTo('#/paths', path), method)
      return [operationOf(root, operation, { method, path, pointer, base: pathBase, origin })]
    })
  })
}

interface Whereabouts {
  readonly method: string
  readonly path: string
  readonly pointer: string
  readonly base: string
  readonly origin: string | null
}

function operationOf(
  root: Mapping,
  operation: Mapping,
  { method, path, pointer, base, origin }: Whereabouts,
): Operation {
  return {
    method: method.toUpperCase(),
    basePath: basePathOf(operation.servers) ?? base,
    origin: serverUrl(operation.servers) === null ? origin : originOf(operation.servers),
    path,
    pointer,
    operationId: textOr(operation.operationId, null),
    body: bodyOf(root, operation.requestBody, pointer),
    security: requirementsOf(operation.security ?? root.security),
  }
}

function bodyOf(root: Mapping, written: unknown, pointer: string): Operation['body'] {
  const body = resolved(root, written)
  const content = member(body, 'content')
  if (!isMapping(content)) return null
  return { pointer: `${pointer}/requestBody`, content, isRequired: member(body, 'required') === true }
}

function requirementsOf(written: unknown): Operation['security'] {
  if (!Array.isArray(written)) return null
  return written.filter(isMapping).map((requirement) => {
    return new Map(Object.entries(requirement).map(([name, scopes]) => [name, textsOf(scopes)]))
  })
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** What an operation asks of its caller, whatever the scheme. */
export function credentialOf({ security }: Operation): 'required' | 'optional' | 'none' {
  if (security === null || security.length === 0) return 'none'
  if (security.every(({ size }) => size === 0)) return 'none'
  return security.some(({ size }) => size === 0) ? 'optional' : 'required'
}

const URL_PARTS = /^(?:[a-z][a-z0-9+.-]*:)?(?:\/\/([^/?#]*))?([^?#]*)/i

/** The path of the first server; null when there is no server. */
function basePathOf(servers: unknown): string | null {
  const url = serverUrl(servers)
  if (url === null) return null
  const [, , path = ''] = URL_PARTS.exec(url) ?? []
  const trimmed = withoutReference(path.replace(/\/+$/, ''))
  return trimmed === '' || trimmed.startsWith('/') ? trimmed : `/${trimmed}`
}

/** Scheme and authority of the document's first server; null when it has none, such as `/v1`. */
export function serverOrigin({ root }: OpenApi): string | null {
  return originOf(root.servers)
}

function originOf(servers: unknown): string | null {
  return /^https?:\/\/[^/?#]+/i.exec(serverUrl(servers) ?? '')?.[0] ?? null
}

/** How people find it in the document. */
export function nameOf({ operationId, pointer }: Pick<Operation, 'operationId' | 'pointer'>): string {
  return operationId === null ? pointer : `${operationId}, ${pointer}`
}

/** The URL of the first server, its variables at their defaults. */
function serverUrl(servers: unknown): string | null {
  const server = Array.isArray(servers) ? servers[0] : undefined
  const url = member(server, 'url')
  if (typeof url !== 'string') return null
  const variables = mappingOf(member(server, 'variables'))
  return url.replace(/\{([^{}]*)\}/g, (_, name: string) =>
    textOr(member(member(variables, name), 'default'), ''),
  )
}

function mappingOf(value: unknown): Mapping {
  return isMapping(value) ? value : {}
}
