import type { Policy, Route } from '../core/policy.ts'
import { queryPlan } from '../policies/validate/query.ts'
import type { Sections } from './compile-sections.ts'
import type { Draft } from './draft.ts'
import { methodsOf } from './methods.ts'
import { type GuardFields, guardOf, withFields } from './outline-guard.ts'
import { digestOf } from './outline-words.ts'
import { parsePattern } from './pattern.ts'
import type { RouteOutput, RouteShared } from './schema-route.ts'

/** A route with the defaults merged in. */
export interface OutlineRoute {
  readonly id: string
  /** Its place in `routes`. */
  readonly index: number
  readonly match: {
    readonly path: string
    /** The pattern without the names of its parameters: equal shapes match the same paths. */
    readonly shapes: readonly string[]
    readonly methods: readonly string[]
    /** null: every host. */
    readonly hosts: readonly string[] | null
  }
  readonly path: {
    readonly encodedSlash: 'reject' | 'allow'
    readonly case: 'sensitive' | 'insensitive'
    readonly trailingSlash: 'strict' | 'ignore'
  }
  /** `none` among them lets requests without a credential in. */
  readonly auth: readonly string[]
  /** null in a list: nothing is asked for. */
  readonly allow: {
    readonly scopes: readonly string[] | null
    readonly anyScope: readonly string[] | null
    readonly roles: readonly string[] | null
    readonly orgs: readonly string[] | null
  }
  readonly limits: readonly string[]
  readonly limitHeaders: string
  readonly cost: number
  readonly cors: OutlineCors | null
  /** Security headers of its replies, after what `headers` does to them. */
  readonly guard: GuardFields
  readonly access: { readonly allow: readonly string[] | null; readonly deny: readonly string[] }
  readonly validate: OutlineValidate
  readonly forwardCredential: boolean
  readonly stripPrefix: string
  readonly headers: { readonly request: OutlineFields; readonly response: OutlineFields }
  readonly upstream: string
  readonly websocket: boolean
  /** Its checks that only report, and the share of principals to whom they are enforced all the same. */
  readonly reported: { readonly checks: readonly string[]; readonly enforcedPercent: number } | null
  /** Digests of settings that nothing above tells of, by key. */
  readonly more: Readonly<Record<string, string>>
}

export interface OutlineCors {
  readonly origins: readonly string[]
  readonly methods: readonly string[]
  /** null: whichever a script asks for. */
  readonly headers: readonly string[] | null
  readonly exposeHeaders: readonly string[]
  readonly credentials: boolean
  readonly maxAgeMs: number
}

export interface OutlineValidate {
  /** null: no bound. */
  readonly maxBodyBytes: number | null
  /** `digest` is of what the schema says, however it is laid out. */
  readonly body: { readonly file: string; readonly digest: string } | null
  readonly query: {
    readonly allowed: readonly string[] | null
    readonly required: readonly string[]
    readonly maxParams: number
    readonly repeated: boolean
  } | null
}

export interface OutlineFields {
  /** Names to digests of what they are set to. */
  readonly set: Readonly<Record<string, string>>
  readonly remove: readonly string[]
}

const DEFAULT_MAX_BODY_BYTES = 1024 * 1024
/** Keys of a route that the outline tells of one by one. */
const TOLD: ReadonlySet<string> = new Set([
  ...['id', 'match', 'path', 'auth', 'allow', 'limits', 'limit_headers', 'cost', 'cors', 'guard', 'access'],
  ...[
    'validate',
    'forward_credential',
    'strip_prefix',
    'headers',
    'upstream',
    'websocket',
    'mode',
    'enforce',
  ],
])

type ReadText = (path: string) => string

export function outlineRoutes(
  { single, listed }: Sections,
  draft: Draft,
  { routes }: Pick<Policy, 'routes'>,
  readText: ReadText,
): OutlineRoute[] {
  const compiled = new Map(routes.map((route) => [route.id, route]))
  return listed.routes.flatMap((route, index) => {
    if (route === null) return []
    const own = Object.keys(route).filter((key) => draft.has(['routes', index, key]))
    const merged = { ...single.defaults, ...Object.fromEntries(own.map((key) => [key, route[key as 'id']])) }
    const reported = reportedOf(compiled.get(route.id))
    return [{ ...outlineRoute(merged as RouteOutput, index, readText), reported }]
  })
}

function reportedOf(route: Route | undefined): OutlineRoute['reported'] {
  if (route == null || route.reporting === null) return null
  const { checks, enforcedPercent } = route.reporting
  const own = new Set(route.checks.map(({ name }) => name))
  const names = [...checks].filter((name) => own.has(name)).sort()
  return names.length === 0 ? null : { checks: names, enforcedPercent }
}

function outlineRoute(route: RouteOutput, index: number, readText: ReadText): Omit<OutlineRoute, 'reported'> {
  const match = matchOf(route)
  const headers = { request: fieldsOf(route.headers?.request), response: fieldsOf(route.headers?.response) }
  const more = Object.entries(route).filter(([key, value]) => !TOLD.has(key) && value !== undefined)
  return {
    ...plainOf(route),
    id: route.id,
    index,
    match,
    path: pathOf(route),
    allow: allowOf(route.allow),
    cors: corsOf(route.cors, match.methods),
    guard: withFields(guardOf(route.guard), headers.response),
    access: { allow: route.access?.allow ?? null, deny: route.access?.deny ?? [] },
    validate: validateOf(route.validate, readText),
    headers: { request: withDigests(headers.request), response: withDigests(headers.response) },
    more: Object.fromEntries(more.map(([key, value]) => [key, digestOf(value)])),
  }
}

/** What stands for settings that nobody wrote. */
const UNWRITTEN = {
  limit_headers: 'ietf',
  cost: 1,
  forward_credential: false,
  strip_prefix: '',
  upstream: '',
  websocket: false,
} as const

function plainOf(route: RouteOutput) {
  const written = Object.entries(route).filter(([, value]) => value !== undefined)
  const all = { ...UNWRITTEN, ...(Object.fromEntries(written) as RouteOutput) }
  return {
    auth: [...new Set([all.auth ?? []].flat())],
    limits: [...new Set([all.limits ?? []].flat())],
    limitHeaders: all.limit_headers,
    cost: all.cost,
    forwardCredential: all.forward_credential,
    stripPrefix: all.strip_prefix,
    upstream: all.upstream,
    websocket: all.websocket,
  }
}

function matchOf(route: RouteOutput): OutlineRoute['match'] {
  const pattern = parsePattern(route.match.path, pathOf(route))
  const forms = typeof pattern === 'string' ? [] : [...pattern.primary, ...pattern.alternate]
  return {
    path: route.match.path,
    shapes: forms.map(({ shape }) => shape).sort(),
    methods: [...methodsOf(route.match.methods)],
    hosts: route.match.hosts ?? null,
  }
}

function pathOf({ path }: RouteShared): OutlineRoute['path'] {
  return {
    encodedSlash: path?.encoded_slash ?? 'reject',
    case: path?.case ?? 'sensitive',
    trailingSlash: path?.trailing_slash ?? 'strict',
  }
}

function allowOf(allow: RouteShared['allow']): OutlineRoute['allow'] {
  return {
    scopes: allow?.scopes ?? null,
    anyScope: allow?.any_scope ?? null,
    roles: allow?.roles ?? null,
    orgs: allow?.orgs ?? null,
  }
}

function corsOf(cors: RouteShared['cors'], methods: readonly string[]): OutlineCors | null {
  if (cors === undefined) return null
  return {
    origins: cors.origins,
    methods: cors.methods ?? [...methods],
    headers: cors.headers?.map((name) => name.toLowerCase()) ?? null,
    exposeHeaders: cors.expose_headers?.map((name) => name.toLowerCase()) ?? [],
    credentials: cors.credentials,
    maxAgeMs: cors.max_age,
  }
}

type Fields = NonNullable<RouteShared['headers']>['request']

/** Values can be secrets, such as the credential of the API. */
function withDigests({ set, remove }: OutlineFields): OutlineFields {
  const digests = Object.entries(set).map(([name, value]) => [name, digestOf(value)])
  return { set: Object.fromEntries(digests), remove }
}

function fieldsOf(fields: Fields): OutlineFields {
  const set = Object.entries(fields?.set ?? {}).map(([name, value]) => [name.toLowerCase(), value])
  return { set: Object.fromEntries(set), remove: fields?.remove ?? [] }
}

function validateOf(validate: RouteShared['validate'], readText: ReadText): OutlineValidate {
  const { max_body: maxBody, body, query } = validate ?? {}
  return {
    maxBodyBytes: maxBody ?? (body === undefined ? null : DEFAULT_MAX_BODY_BYTES),
    body: body === undefined ? null : { file: body, digest: digestOf(JSON.parse(readText(body))) },
    query: query === undefined ? null : queryOf(query),
  }
}

function queryOf(settings: Parameters<typeof queryPlan>[0]): OutlineValidate['query'] {
  const { allowed, required, maxParams, repeated } = queryPlan(settings, [])
  return { allowed: allowed === null ? null : [...allowed], required, maxParams, repeated }
}
