import { visible } from '../config/issues.ts'
import { upstreamUrl } from '../config/schema-values.ts'
import { bodySchemaOf } from './body-schema.ts'
import { member, type OpenApi, textOr } from './document.ts'
import { Names } from './names.ts'
import { type Operation, operationsOf, serverOrigin } from './operations.ts'
import { type PathPattern, patternOfTemplate } from './paths.ts'
import { ImportProblem, MAX_TOLD } from './problem.ts'
import { accessOf, type Scheme, schemesOf } from './security.ts'
import { Block, type Entry, List, type Starter } from './starter.ts'
import { aboutStart, LISTENING, NO_KEYS, REPORT_ONLY } from './starter-words.ts'

export interface OpenApiOptions {
  /** Where the API is; null: as the document says. */
  readonly upstream: string | null
  /** Name of the document in comments. */
  readonly file: string
  /** Body schemas need files beside the policy. */
  readonly withBodies: boolean
}

export interface Imported {
  readonly starter: Starter
  /** Files beside the policy, by their paths relative to it. */
  readonly files: ReadonlyMap<string, string>
  readonly routes: number
  /** What of the source has no place in the policy. */
  readonly leftOut: readonly string[]
}

const LOCAL = 'http://127.0.0.1:3000'
const MAX_ROUTES = 10_000
/** With a schema these are refused without a body, see policies/validate. */
const NEEDS_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/** @throws ImportProblem when there is nothing to make a policy of */
export function starterOfOpenApi(document: OpenApi, options: OpenApiOptions): Imported {
  const upstream = upstreamOf(document, options)
  const schemes = schemesOf(document)
  const building = new Building(document, schemes, {
    isStripped: upstream.basePath !== '',
    withBodies: options.withBodies,
  })
  const operations = operationsOf(document)
  for (const operation of operations.filter(({ method }) => method !== 'HEAD')) building.add(operation)
  // A route with GET has HEAD as well.
  for (const operation of operations.filter(({ method }) => method === 'HEAD')) building.add(operation)
  const { routes, files, leftOut } = building
  if (routes.length === 0) {
    const why = leftOut.length === 0 ? 'it describes no operation' : leftOut.join('; ')
    throw new ImportProblem(`there is nothing to make a route of: ${why}`)
  }
  const used = [...schemes.values()].filter(({ authenticator }) => building.used.has(authenticator))
  const starter: Starter = {
    about: aboutStart(`${options.file}${titleOf(document)} by \`sallyport import openapi\``),
    entries: [
      { key: 'version', value: 1 },
      REPORT_ONLY,
      ...LISTENING,
      upstream.entry,
      ...authenticatorEntries(used),
      { key: 'defaults', value: { upstream: 'api' }, above: building.used.size > 0 ? NO_KEYS : [] },
      { key: 'routes', value: new List(routes), above: LIMITS },
    ],
    closing: leftOut.length === 0 ? [] : ['Left out:', ...leftOut.map((line) => `- ${line}`)],
  }
  return { starter, files, routes: routes.length, leftOut }
}

const LIMITS = [
  'The document says nothing of limits: `sallyport import audit` tells what clients do.',
  'Every route comes from the operation that stands above it.',
]

function titleOf({ root }: OpenApi): string {
  const title = textOr(member(root.info, 'title'), '')
  return title === '' ? '' : ` (${title} ${textOr(member(root.info, 'version'), '')})`
}

function upstreamOf(document: OpenApi, { upstream, file }: OpenApiOptions) {
  const origin = serverOrigin(document)
  const url = upstream ?? origin ?? LOCAL
  const read = upstreamUrl().safeParse(url)
  if (!read.success) {
    const why = read.error.issues[0]?.message ?? 'it is not taken'
    throw new ImportProblem(`the upstream ${visible(url, MAX_TOLD)}: ${why}; name another with --upstream`)
  }
  const from =
    upstream !== null ? 'from --upstream' : origin === null ? `${file} names none` : 'from #/servers/0/url'
  const api: Entry = { key: 'api', value: { url }, beside: from }
  const entry: Entry = {
    key: 'upstreams',
    value: new Block([api]),
    above: ['The API itself, not what its clients ask.'],
  }
  return { entry, basePath: upstream === null ? '' : read.data.basePath }
}

function authenticatorEntries(schemes: readonly Scheme[]): Entry[] {
  const byName = new Map<string, Scheme[]>()
  for (const scheme of schemes) {
    byName.set(scheme.authenticator, [...(byName.get(scheme.authenticator) ?? []), scheme])
  }
  const told = [...byName].map(([key, ones]): Entry => {
    const above = ones.flatMap(({ pointer, note }) => [`from ${pointer}`, ...(note === null ? [] : [note])])
    return { key, value: { type: 'api_key', in: [ones[0]?.place ?? ''] }, above }
  })
  return told.length === 0 ? [] : [{ key: 'authenticators', value: new Block(told) }]
}

interface Choices {
  readonly isStripped: boolean
  readonly withBodies: boolean
}

class Building {
  readonly routes: List['items'][number][] = []
  readonly files = new Map<string, string>()
  readonly leftOut: string[] = []
  readonly used = new Set<string>()
  readonly #document: OpenApi
  readonly #schemes: ReadonlyMap<string, Scheme>
  readonly #choices: Choices
  readonly #names = new Names()
  readonly #taken = new Map<string, string>()

  constructor(document: OpenApi, schemes: ReadonlyMap<string, Scheme>, choices: Choices) {
    this.#document = document
    this.#schemes = schemes
    this.#choices = choices
  }

  add(operation: Operation): void {
    const { method, path, basePath, pointer } = operation
    const pattern = patternOfTemplate(`${basePath}${path}`)
    const why = this.#whyNot(method, pattern)
    if (pattern === null || why !== null)
      this.leftOut.push(`${pointer}: ${why ?? 'no request has such a path'}`)
    else this.#addRoute(operation, pattern)
  }

  #whyNot(method: string, pattern: PathPattern | null): string | null {
    if (method === 'TRACE') return 'TRACE is never served'
    if (pattern === null) return null
    if (this.routes.length >= MAX_ROUTES) return `a policy has at most ${MAX_ROUTES} routes`
    const twin = this.#taken.get(`${method} ${pattern.shape}`)
    return twin === undefined ? null : `the same requests as the route ${twin}`
  }

  #addRoute(operation: Operation, { path, shape, notes }: PathPattern): void {
    const { method, pointer, operationId, basePath } = operation
    const id = this.#names.take(operationId ?? `${method} ${operation.path}`, 'route')
    for (const one of method === 'GET' ? ['GET', 'HEAD'] : [method]) this.#taken.set(`${one} ${shape}`, id)
    const strip =
      this.#choices.isStripped && basePath !== '' ? [{ key: 'strip_prefix', value: basePath }] : []
    const body = this.#bodyOf(operation, id)
    this.routes.push({
      above: [`${operationId === null ? '' : `${operationId}, `}${pointer}`, ...notes, ...body.notes],
      entries: [
        { key: 'id', value: id },
        { key: 'match', value: { path, methods: [method] } },
        ...this.#accessEntries(operation),
        ...body.entries,
        ...strip,
      ],
    })
  }

  #accessEntries(operation: Operation): Entry[] {
    const { auth, allow, notes } = accessOf(operation, this.#schemes)
    if (auth !== 'none') for (const name of auth) this.used.add(name)
    const beside = notes.length === 0 ? {} : { beside: notes.join('; ') }
    return [
      { key: 'auth', value: auth, ...beside },
      ...(allow === null ? [] : [{ key: 'allow', value: allow }]),
    ]
  }

  #bodyOf(
    { body, method }: Operation,
    id: string,
  ): { readonly entries: Entry[]; readonly notes: readonly string[] } {
    if (body === null) return { entries: [], notes: [] }
    if (!this.#choices.withBodies)
      return { entries: [], notes: ['no body schema: they are written with --out'] }
    const { text, notes } = bodySchemaOf(this.#document, body)
    if (text === null) return { entries: [], notes }
    const file = `./schemas/${id}.json`
    this.files.set(file, text)
    const isAsked = !body.isRequired && NEEDS_BODY.has(method)
    const told = isAsked ? [...notes, 'the document lets the body be absent, this route does not'] : notes
    return { entries: [{ key: 'validate', value: { body: file } }], notes: told }
  }
}
