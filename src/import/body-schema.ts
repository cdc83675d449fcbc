import { visible } from '../config/issues.ts'
import { compileBodySchema } from '../policies/validate/body-schema.ts'
import { isMapping, type Mapping, member, type OpenApi } from './document.ts'
import { Names } from './names.ts'
import type { Operation } from './operations.ts'
import { MAX_TOLD } from './problem.ts'
import { type Given, givenIn, NOTHING_GIVEN, readOnlyIn } from './read-only.ts'
import { follow, partsOf, pointerTo, refOf } from './references.ts'
import { holdsOf, NOT_TAKEN } from './schema-words.ts'

/** The schema of a body as a file beside the policy. `text` null: there is none, and `notes` say why. */
export interface BodySchema {
  readonly text: string | null
  readonly notes: readonly string[]
}

/** What a policy may name is bounded, see config/read.ts. */
const MAX_BYTES = 1024 * 1024
const DIALECT = 'https://json-schema.org/draft/2020-12/schema'
const JSON_TYPE = /^application\/(?:json|[\w.-]+\+json)$/

/** The body of an operation, when it is JSON and nothing else. */
export function bodySchemaOf({ version, root }: OpenApi, body: NonNullable<Operation['body']>): BodySchema {
  const types = Object.keys(body.content).map((type) => (type.split(';')[0] ?? '').trim().toLowerCase())
  const others = types.filter((type) => !JSON_TYPE.test(type))
  if (types.length === 0) return none('the document describes no media type')
  if (others.length > 0) return none(`other media types than JSON are taken as well: ${others.join(', ')}`)
  const [type = ''] = Object.keys(body.content)
  const schema = member(body.content[type], 'schema')
  if (schema === undefined || types.length > 1) {
    return none(
      types.length > 1 ? 'several JSON media types are described' : 'the document has no schema for it',
    )
  }
  const pointer = pointerTo(`${body.pointer}/content`, type)
  const translation = new Translation(root, version)
  const translated = translation.whole(schema, `from ${pointer}/schema`)
  return checked(translated, [...translation.notes])
}

function none(why: string): BodySchema {
  return { text: null, notes: [`no body schema: ${visible(why, MAX_TOLD)}`] }
}

function checked(schema: Mapping, notes: readonly string[]): BodySchema {
  const text = `${JSON.stringify(schema, null, 2)}\n`
  if (Buffer.byteLength(text) > MAX_BYTES) return none(`it would be larger than ${MAX_BYTES} bytes`)
  try {
    compileBodySchema(text)
    return { text, notes }
  } catch (error) {
    return none(`it is not taken: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** More of them are not told apart by what the schemas around them say. */
const MAX_NAMES = 10_000

/** A reference, and what the schemas around it say of its properties. */
interface Named {
  readonly name: string
  readonly ref: string
  readonly given: Given
}

/** A schema of OpenAPI in JSON Schema 2020-12, and without what bodies of strangers could turn against the gate. */
class Translation {
  readonly notes = new Set<string>()
  readonly #root: Mapping
  readonly #isDraft4: boolean
  readonly #names = new Map<string, string>()
  readonly #free = new Names()
  readonly #open: Named[] = []
  readonly #taken = new Map<string, boolean>()

  constructor(root: Mapping, version: OpenApi['version']) {
    this.#root = root
    this.#isDraft4 = version === '3.0'
  }

  whole(schema: unknown, comment: string): Mapping {
    const top = this.#schema(schema)
    const definitions: Record<string, unknown> = {}
    for (let one = this.#open.shift(); one !== undefined; one = this.#open.shift()) {
      definitions[one.name] = this.#schema(follow(this.#root, one.ref), one.given)
    }
    const body = isMapping(top) ? top : { not: {} }
    const $defs = Object.keys(definitions).length === 0 ? {} : { $defs: definitions }
    return { $schema: DIALECT, $comment: visible(comment, MAX_TOLD), ...(top === true ? {} : body), ...$defs }
  }

  /** One name for each reference; what it stands for is translated later, so that schemas may hold themselves. */
  #nameOf(ref: string, around: Given): string {
    const given = this.#names.size < MAX_NAMES ? around : NOTHING_GIVEN
    const key = JSON.stringify([ref, given === 'as-written' ? given : [...given].sort()])
    const known = this.#names.get(key)
    if (known !== undefined) return known
    const name = this.#free.take(partsOf(ref).at(-1) ?? '', 'schema')
    this.#names.set(key, name)
    this.#open.push({ name, ref, given })
    return name
  }

  #schema(schema: unknown, given: Given = NOTHING_GIVEN): unknown {
    if (!isMapping(schema)) return schema
    const ref = refOf(schema)
    if (ref !== null && this.#isDraft4) return { $ref: `#/$defs/${this.#nameOf(ref, given)}` }
    const { always, anywhere } = readOnlyIn(this.#root, schema, this.#isDraft4, given)
    const reference = ref === null ? {} : { $ref: `#/$defs/${this.#nameOf(ref, always)}` }
    const words = Object.entries(this.#isDraft4 ? inDraft2020(schema) : schema)
    const kept = words.flatMap(([word, value]) => this.#word(word, value, givenIn(word, always)))
    return this.#requiredHere({ ...reference, ...Object.fromEntries(kept) }, anywhere)
  }

  #word(word: string, value: unknown, given: Given): [string, unknown][] {
    if (NOT_TAKEN.has(word)) this.notes.add(`\`${word}\` is left out of the schema`)
    switch (holdsOf(word)) {
      case 'one':
        return [[word, this.#schema(value, given)]]
      case 'list':
        return [[word, Array.isArray(value) ? value.map((one) => this.#schema(one, given)) : value]]
      case 'map':
        return [[word, this.#mapped(word, value, given)]]
      case 'nothing':
        return this.#isTaken(word, value) ? [[word, value]] : []
      default:
        return []
    }
  }

  #mapped(word: string, value: unknown, given: Given): unknown {
    if (!isMapping(value)) return value
    const entries = Object.entries(value).filter(([name]) => {
      return word !== 'patternProperties' || this.#isTaken('pattern', name)
    })
    return Object.fromEntries(entries.map(([name, one]) => [name, this.#schema(one, given)]))
  }

  /** Whether our own bounds take the keyword. */
  #isTaken(word: string, value: unknown): boolean {
    if (word !== 'pattern' && word !== 'format') return true
    const id = `${word} ${String(value)}`
    const isTaken = this.#taken.get(id) ?? compiles({ [word]: value })
    this.#taken.set(id, isTaken)
    if (!isTaken) this.notes.add(`\`${word}: ${visible(String(value), MAX_TOLD)}\` is left out of the schema`)
    return isTaken
  }

  /** What only the API may set is not asked of its callers; and only short lists may be compared one by one. */
  #requiredHere(schema: Mapping, readOnly: Given): Mapping {
    const { required, uniqueItems, ...rest } = schema
    const unique = uniqueItems === undefined ? {} : { uniqueItems }
    const isBounded = uniqueItems !== true || compiles({ uniqueItems, maxItems: schema.maxItems })
    if (!isBounded) this.notes.add('`uniqueItems` without a small `maxItems` is left out of the schema')
    const asked = Array.isArray(required)
      ? { required: required.filter((name) => readOnly === 'as-written' || !readOnly.has(name)) }
      : required === undefined
        ? {}
        : { required }
    return { ...rest, ...(isBounded ? unique : {}), ...asked }
  }
}

function compiles(schema: object): boolean {
  try {
    compileBodySchema(JSON.stringify(schema))
    return true
  } catch {
    return false
  }
}

/** `nullable` and boolean bounds of OpenAPI 3.0. */
function inDraft2020({ nullable, ...schema }: Mapping): Mapping {
  const bounded = withBound(withBound(schema, 'minimum', 'exclusiveMinimum'), 'maximum', 'exclusiveMaximum')
  if (nullable !== true) return bounded
  if (typeof bounded.type !== 'string') return { anyOf: [{ ...bounded }, { enum: [null] }] }
  const values = Array.isArray(bounded.enum) ? { enum: [...bounded.enum, null] } : {}
  return { ...bounded, type: [bounded.type, 'null'], ...values }
}

function withBound(schema: Mapping, bound: string, exclusive: string): Mapping {
  const { [bound]: limit, [exclusive]: isExclusive, ...rest } = schema
  if (typeof isExclusive !== 'boolean') return schema
  if (limit === undefined) return rest
  return { ...rest, [isExclusive ? exclusive : bound]: limit }
}
