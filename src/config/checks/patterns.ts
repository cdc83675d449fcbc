import { patternSize } from '../../policies/validate/pattern-size.ts'
import type { Path } from '../yaml-values.ts'
import { formOf } from './pattern-form.ts'
import { type Finding, type PolicyCheck, settingPath } from './subject.ts'

/** Program size times length of the text: RE2 took 0.01 to 0.07 µs for each where it could cache nothing. */
const MAX_STEPS = 50_000_000
const MAX_SHOWN = 60
/** What stands below these is data, not a schema. */
const DATA: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'examples'])

/** A pattern of a schema, and the longest text that it may be asked about; null: as long as the body. */
interface Written {
  readonly pattern: string
  readonly maxLength: number | null
}

/**
 * Patterns of body schemas that are dear. None backtracks here: RE2 refuses what cannot be matched without, and
 * patterns of paths have no expressions at all. What remains is a large program on a long text.
 */
export const costlyPatterns: PolicyCheck = function* costlyPatterns(subject) {
  const known = new Map<string, readonly Written[]>()
  for (const route of subject.routes) {
    const { body, maxBodyBytes } = route.validate
    if (body === null || maxBodyBytes === null) continue
    const path = [...settingPath(subject, route, 'validate'), 'body']
    const patterns = known.get(body.file) ?? patternsIn(JSON.parse(subject.readText(body.file)))
    known.set(body.file, patterns)
    for (const one of patterns) yield* judged(one, maxBodyBytes, path)
  }
}

function* judged({ pattern, maxLength }: Written, maxBytes: number, path: Path): Generator<Finding> {
  const { isBounded, isNested } = formOf(pattern)
  const shown = `\`${pattern.slice(0, MAX_SHOWN)}${pattern.length > MAX_SHOWN ? '…' : ''}\``
  const length = Math.min(maxLength ?? maxBytes, maxBytes)
  if (!isBounded && patternSize(pattern) * length > MAX_STEPS) {
    const message = `the pattern ${shown} may take seconds on a text of ${length} characters`
    yield {
      code: 'pattern-slow',
      path,
      message,
      hint: 'write `maxLength` beside it, or a smaller `max_body`',
    }
  }
  if (isNested) {
    const message = `the pattern ${shown} repeats a repetition: engines that backtrack take exponential time`
    yield { code: 'pattern-backtracks', path, message }
  }
}

function patternsIn(schema: unknown): readonly Written[] {
  const found = new Map<string, Written>()
  collect(schema, found)
  return [...found.values()]
}

function collect(node: unknown, found: Map<string, Written>): void {
  if (isObject(node)) for (const one of ownPatterns(node)) found.set(JSON.stringify(one), one)
  if (typeof node !== 'object' || node === null) return
  for (const [key, value] of Object.entries(node)) {
    if (!DATA.has(key)) collect(value, found)
  }
}

function ownPatterns({ pattern, patternProperties, maxLength }: Record<string, unknown>): readonly Written[] {
  // A name is part of the body, so it can be as long.
  const names = isObject(patternProperties) ? Object.keys(patternProperties) : []
  const ofNames = names.map((name) => ({ pattern: name, maxLength: null }))
  if (typeof pattern !== 'string') return ofNames
  return [...ofNames, { pattern, maxLength: typeof maxLength === 'number' ? maxLength : null }]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
