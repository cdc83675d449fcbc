import { isMapping, type Mapping, member } from './document.ts'
import { follow, refOf } from './references.ts'

/** Keywords whose schemas judge the same value: each of them, or some. */
const ALL: readonly string[] = ['allOf']
const SOME: readonly string[] = ['anyOf', 'oneOf', 'then', 'else']
/** A hostile document costs no more: what lies behind it counts as written by its callers. */
const MAX_SCHEMAS = 100

/** Keywords within which nothing may change: what is asked for less there is refused more. */
const CONDITIONS: ReadonlySet<string> = new Set(['if', 'not'])
const SAME_VALUE: ReadonlySet<string> = new Set([...ALL, ...SOME])

/** Properties that only the API sets, as the schemas around one say; `as-written`: all are asked for as they stand. */
export type Given = ReadonlySet<string> | 'as-written'
export const NOTHING_GIVEN: Given = new Set()

/** What counts within a keyword of a schema in which `always` counts. */
export function givenIn(keyword: string, always: Given): Given {
  if (always === 'as-written' || CONDITIONS.has(keyword)) return 'as-written'
  return SAME_VALUE.has(keyword) ? always : NOTHING_GIVEN
}

export interface ReadOnly {
  /** Names that one branch of an alternative or another says to be read-only. */
  readonly anywhere: Given
  /** Those of them that count in every branch. */
  readonly always: Given
}

/** Properties of a value that only the API sets, by what its schema and all that judge the same value say. */
export function readOnlyIn(root: Mapping, schema: Mapping, isDraft4: boolean, given: Given): ReadOnly {
  if (given === 'as-written') return { always: given, anywhere: given }
  const always = given.union(collected(root, schema, { isDraft4, keywords: ALL }))
  const anywhere = always.union(collected(root, schema, { isDraft4, keywords: [...ALL, ...SOME] }))
  return { always, anywhere }
}

interface Way {
  readonly isDraft4: boolean
  readonly keywords: readonly string[]
}

function collected(root: Mapping, schema: Mapping, way: Way): Set<string> {
  const properties = ofSameValue(root, schema, way).flatMap((one) =>
    isMapping(one.properties) ? Object.entries(one.properties) : [],
  )
  const isReadOnly = (property: unknown) =>
    ofSameValue(root, property, { ...way, keywords: ALL }).some((one) => one.readOnly === true)
  return new Set(properties.filter(([, property]) => isReadOnly(property)).map(([name]) => name))
}

/** The schema and those that it has judge the same value. */
function ofSameValue(root: Mapping, schema: unknown, way: Way): Mapping[] {
  const seen = new Set<unknown>([schema])
  const found: Mapping[] = []
  for (const one of seen) {
    if (!isMapping(one)) continue
    if (!isOnlyReference(one, way)) found.push(one)
    for (const next of nextOf(root, one, way)) if (seen.size < MAX_SCHEMAS) seen.add(next)
  }
  return found
}

function nextOf(root: Mapping, schema: Mapping, way: Way): unknown[] {
  const ref = refOf(schema)
  const target = ref === null ? [] : [follow(root, ref)]
  if (isOnlyReference(schema, way)) return target
  return [...target, ...way.keywords.flatMap((word) => member(schema, word) ?? [])]
}

/** In OpenAPI 3.0 nothing beside a reference counts. */
function isOnlyReference(schema: Mapping, { isDraft4 }: Way): boolean {
  return isDraft4 && refOf(schema) !== null
}
