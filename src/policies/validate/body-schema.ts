import { Ajv, type Format, type Options } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { RE2JS } from 're2js'
import { parseJson } from './json.ts'

/** Judges a parsed body. @returns what is wrong, for the operator; null when it fits */
export type BodyValidator = (value: unknown) => string | null

interface LinearPattern {
  readonly test: (text: string) => boolean
  readonly toString: () => string
}

const DRAFT_07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/
const DRAFT_2020 = 'https://json-schema.org/draft/2020-12/schema'
/** Its check of objects takes time with the square of their number. */
const MAX_UNIQUE_ITEMS = 1000
/** The expressions behind formats were not written against hostile text. */
const MAX_FORMAT_LENGTH = 1024
const MAX_SHOWN_LENGTH = 300
/** `url` backtracks, `regex` would have text of clients compiled. */
const UNSAFE_FORMATS: readonly string[] = ['url', 'regex']

/**
 * Compiles a JSON Schema for bodies of strangers. Patterns run on RE2, whose time is linear in the text (`^(a+)+$` is
 * harmless there); only own members count, so that a body cannot borrow any from a prototype.
 * @throws Error with a message for the author of the schema
 */
export function compileBodySchema(text: string): BodyValidator {
  const schema = parseJson(new TextEncoder().encode(text))
  if (!isObject(schema)) throw new Error('a schema is an object')
  checkBounds(schema)
  const ajv = ajvFor(schema.$schema)
  addFormats(ajv)
  const validate = ajv.compile(schema)
  return function validateBody(value) {
    if (validate(value)) return null
    return ajv.errorsText(validate.errors, { dataVar: 'body' }).slice(0, MAX_SHOWN_LENGTH)
  }
}

function ajvFor(dialect: unknown): Ajv {
  const options: Options = {
    strictSchema: true,
    strictNumbers: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    allErrors: false,
    ownProperties: true,
    logger: false,
    code: { regExp: Object.assign(linearPattern, { code: 'linearPattern' }) },
  }
  if (dialect === undefined || dialect === DRAFT_2020) return new Ajv2020(options)
  if (typeof dialect === 'string' && DRAFT_07.test(dialect)) return new Ajv(options)
  throw new Error(`$schema may be ${DRAFT_2020} or http://json-schema.org/draft-07/schema#`)
}

/** ajv tells compiled patterns apart by their `toString`: without one all would be the first. */
function linearPattern(pattern: string): LinearPattern {
  const expression = RE2JS.compile(RE2JS.translateRegExp(pattern))
  return { test: (text) => expression.test(text), toString: () => `/${pattern}/u` }
}

function addFormats(ajv: Ajv): void {
  for (const [name, format] of Object.entries(fullFormats)) {
    if (!UNSAFE_FORMATS.includes(name)) ajv.addFormat(name, bounded(format))
  }
}

function bounded(format: Format): Format {
  if (format instanceof RegExp) return (text: string) => text.length <= MAX_FORMAT_LENGTH && format.test(text)
  if (typeof format === 'function') return (text: string) => text.length <= MAX_FORMAT_LENGTH && format(text)
  return format
}

/** Walks the whole schema: `uniqueItems` needs a bound, and an `$async` one would answer with a promise. */
function checkBounds(node: unknown): void {
  if (Array.isArray(node)) {
    for (const item of node) checkBounds(item)
  }
  if (!isObject(node)) return
  if ('$async' in node) throw new Error('$async is not supported')
  if (node.uniqueItems === true && !(Number(node.maxItems) <= MAX_UNIQUE_ITEMS)) {
    throw new Error(`uniqueItems needs maxItems of at most ${MAX_UNIQUE_ITEMS} beside it`)
  }
  for (const value of Object.values(node)) checkBounds(value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
