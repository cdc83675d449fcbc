import { type Access, accessOf, isSameAccess, stricterOf } from './access.ts'
import { bodySchemaOf } from './body-schema.ts'
import type { OpenApi } from './document.ts'
import { Names } from './names.ts'
import { nameOf, type Operation } from './operations.ts'
import { type PathPattern, patternOfTemplate } from './paths.ts'
import { ImportProblem } from './problem.ts'
import type { Scheme } from './security.ts'
import { covers, overlap, segmentsOf } from './shapes.ts'
import type { Entry, List } from './starter.ts'

export interface Choices {
  /** Origin of the document's first server; null when it names none. */
  readonly origin: string | null
  readonly isStripped: boolean
  readonly withBodies: boolean
}

export interface Built {
  readonly routes: List['items']
  /** Body schemas, by their paths relative to the policy. */
  readonly files: ReadonlyMap<string, string>
  readonly leftOut: readonly string[]
  /** Authenticators that a route names. */
  readonly used: ReadonlySet<string>
}

const MAX_ROUTES = 10_000
const MAX_ALSO = 5
/** With a schema these are refused without a body, see policies/validate. */
const NEEDS_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/** An operation that has a route, and what its route gets beside its own requests. */
interface Kept {
  readonly operation: Operation
  readonly pattern: PathPattern
  readonly id: string
  /** Of the operation itself. */
  readonly own: Access
  readonly also: { readonly name: string; readonly access: Access }[]
}

/** Routes of operations: of those that no pattern tells apart one has the route, and it asks for what all ask for. */
export class Building {
  readonly #document: OpenApi
  readonly #schemes: ReadonlyMap<string, Scheme>
  readonly #choices: Choices
  readonly #names = new Names()
  readonly #kept: Kept[] = []
  readonly #taken = new Map<string, Kept>()
  readonly #leftOut: string[] = []
  readonly #files = new Map<string, string>()
  readonly #used = new Set<string>()

  constructor(document: OpenApi, schemes: ReadonlyMap<string, Scheme>, choices: Choices) {
    this.#document = document
    this.#schemes = schemes
    this.#choices = choices
  }

  add(operation: Operation): void {
    const { method, path, basePath, pointer } = operation
    const pattern = patternOfTemplate(`${basePath}${path}`)
    if (method === 'TRACE') this.#leftOut.push(`${pointer}: TRACE is never served`)
    else if (pattern === null) this.#leftOut.push(`${pointer}: no request has such a path`)
    else this.#addServed(operation, pattern)
  }

  built(): Built {
    this.#joinWide()
    const routes = this.#kept.map((kept) => this.#routeOf(kept))
    return { routes, files: this.#files, leftOut: this.#leftOut, used: this.#used }
  }

  #addServed(operation: Operation, pattern: PathPattern): void {
    const { method, operationId, path, pointer } = operation
    const own = accessOf(operation, this.#schemes)
    const twin = this.#taken.get(`${method} ${pattern.shape}`)
    if (twin !== undefined) {
      this.#leftOut.push(`${pointer}: the same requests as the route ${twin.id}`)
      twin.also.push({ name: nameOf(operation), access: own })
      return
    }
    if (this.#kept.length === MAX_ROUTES) {
      // What is left out could be served by a route that asks for less.
      const why = `a policy has at most ${MAX_ROUTES} routes, and the document more operations`
      throw new ImportProblem(`${why}: import a part of it`)
    }
    const id = this.#names.take(operationId ?? `${method} ${path}`, 'route')
    const kept = { operation, pattern, id, own, also: [] }
    for (const one of methodsOf(operation)) this.#taken.set(`${one} ${pattern.shape}`, kept)
    this.#kept.push(kept)
  }

  /** A pattern that matches more than its template takes requests of operations with wider templates. */
  #joinWide(): void {
    const shaped = this.#kept.map((kept) => ({
      kept,
      shape: segmentsOf(kept.pattern.shape),
      access: accessWithTwins(kept),
    }))
    const byLength = Map.groupBy(shaped, ({ shape }) => shape.length)
    for (const { kept, shape } of shaped.filter(({ kept }) => kept.pattern.notes.length > 0)) {
      const wider = (byLength.get(shape.length) ?? []).filter(
        (other) =>
          overlap(shape, other.shape) && !covers(shape, other.shape) && isMethodShared(kept, other.kept),
      )
      for (const other of wider) {
        kept.also.push({ name: nameOf(other.kept.operation), access: other.access })
      }
    }
  }

  #routeOf({ operation, pattern, id, own, also }: Kept): List['items'][number] {
    const access = also.reduce((all, one) => stricterOf(all, one.access), own)
    const others = also.filter((one) => !isSameAccess(one.access, access) || !isSameAccess(own, access))
    const body = this.#bodyOf(operation, id)
    const { basePath, method } = operation
    const strip =
      this.#choices.isStripped && basePath !== '' ? [{ key: 'strip_prefix', value: basePath }] : []
    return {
      above: [
        nameOf(operation),
        ...pattern.notes,
        ...alsoLines(others),
        ...this.#serverLines(operation),
        ...body.notes,
      ],
      entries: [
        { key: 'id', value: id },
        { key: 'match', value: { path: pattern.path, methods: [method] } },
        ...this.#accessEntries(access),
        ...body.entries,
        ...strip,
      ],
    }
  }

  #serverLines({ origin }: Operation): string[] {
    if (origin === null || origin === this.#choices.origin) return []
    return [`the document has it at ${origin}, and a route goes to the upstream of this file`]
  }

  #accessEntries({ auth, allow, notes, allowNotes }: Access): Entry[] {
    if (auth !== 'none') for (const name of auth) this.#used.add(name)
    return [
      { key: 'auth', value: auth, ...beside(notes) },
      ...(allow === null ? [] : [{ key: 'allow', value: { ...allow }, ...beside(allowNotes) }]),
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
    this.#files.set(file, text)
    const isAsked = !body.isRequired && NEEDS_BODY.has(method)
    const told = isAsked ? [...notes, 'the document lets the body be absent, this route does not'] : notes
    return { entries: [{ key: 'validate', value: { body: file } }], notes: told }
  }
}

/** A route with GET has HEAD as well. */
function methodsOf({ method }: Operation): string[] {
  return method === 'GET' ? ['GET', 'HEAD'] : [method]
}

function isMethodShared(a: Kept, b: Kept): boolean {
  return methodsOf(a.operation).some((method) => methodsOf(b.operation).includes(method))
}

/** What its own twins ask for counts, too: their requests are among those that are taken. */
function accessWithTwins({ own, also }: Kept): Access {
  return also.reduce((all, { access }) => stricterOf(all, access), own)
}

function alsoLines(others: Kept['also']): string[] {
  const told = others.slice(0, MAX_ALSO).map(({ name }) => name)
  const more = others.length > MAX_ALSO ? [`${others.length - MAX_ALSO} more`] : []
  return [...told, ...more].map((name) => `also gets requests of ${name}: it asks for what both ask for`)
}

function beside(notes: readonly string[]): Pick<Entry, 'beside'> {
  return notes.length === 0 ? {} : { beside: notes.join('; ') }
}
