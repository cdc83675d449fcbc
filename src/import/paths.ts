import { parsePattern } from '../config/pattern.ts'
import { canonicalPath, isPathRefusal } from '../core/path.ts'

/** Choices that leave room for anything that a pattern can say. */
const OPTIONS = { encodedSlash: 'allow', case: 'sensitive', trailingSlash: 'strict' } as const
/** What may follow a parameter in its segment. */
const SUFFIX = /^(?:[-.].*)?$/s

/** A path as a policy writes it, and what is told of it. */
export interface PathPattern {
  readonly path: string
  /** Paths of one shape are the same requests. */
  readonly shape: string
  readonly notes: readonly string[]
}

/** A path of literal segments and parameters. null: no pattern can say it. */
export function patternOf(segments: readonly Segment[]): PathPattern | null {
  const names = new Set<string>()
  const notes: string[] = []
  const texts = segments.map((segment) => {
    const { text, note } = written(segment, names)
    if (note !== null) notes.push(note)
    return text
  })
  const path = `/${texts.join('/')}`
  const shape = shapeOf(path)
  return shape === null ? null : { path, shape, notes }
}

/** Paths of one shape are matched alike; null for no pattern. */
function shapeOf(path: string): string | null {
  const pattern = parsePattern(path, OPTIONS)
  return typeof pattern === 'string' ? null : (pattern.primary[0]?.shape ?? null)
}

/** What stands for a parameter. */
const SAMPLE = 'x0x'
/** What clients escape in a path. */
const ESCAPED_BY_CLIENTS = /[^!-~]|[?#]/gu

/** A path that a request for a template of OpenAPI has. null: no request that is let in. */
export function samplePath(template: string): string | null {
  const path = canonicalPath(escaped(template.replace(/\{[^{}/]*\}/g, SAMPLE)))
  return isPathRefusal(path) || path.encodedSlash ? null : path.path
}

/** The pattern of a template of OpenAPI. null: no request has such a path. */
export function patternOfTemplate(template: string): PathPattern | null {
  return samplePath(template) === null ? null : patternOf(template.slice(1).split('/').map(templateSegment))
}

function escaped(text: string): string {
  // Half of a surrogate pair has no escape; it is refused as what it is.
  return text.isWellFormed() ? text.replace(ESCAPED_BY_CLIENTS, encodeURIComponent) : text
}

/** `name` null: a literal, which is `before`. `raw` is how the source writes it. */
export interface Segment {
  readonly raw: string
  readonly before: string
  readonly name: string | null
  readonly after: string
}

export function literalSegment(text: string): Segment {
  return { raw: text, before: text, name: null, after: '' }
}

export function parameterSegment(name: string): Segment {
  return { raw: `{${name}}`, before: '', name, after: '' }
}

/** A segment of a template of OpenAPI; several parameters in one become one. */
function templateSegment(text: string): Segment {
  const raw = escaped(text)
  const [, before = '', name, after = ''] = /^([^{}]*)\{([^{}]*)\}([^{}]*)$/s.exec(raw) ?? []
  if (name !== undefined) return { raw, before, name, after }
  const [, first] = /\{([^{}]*)\}/.exec(raw) ?? []
  return first === undefined ? literalSegment(raw) : { raw, before: '', name: first, after: `!${raw}` }
}

function written({ raw, before, name, after }: Segment, names: Set<string>) {
  const literal = withoutReference(before).replaceAll(':', '::')
  const parameter = free(name ?? 'segment', names)
  const text = name === null ? literal : `${literal}:${parameter}${after}`
  const isAsItIs = isWritable(text, name, after)
  if (name !== null || !isAsItIs) names.add(parameter)
  if (isAsItIs) return { text, note: null }
  const note = `\`:${parameter}\` stands for the segment ${raw}, which a pattern cannot say: it matches more`
  return { text: `:${parameter}`, note }
}

/** In a policy `${` begins a reference; in a path the escape is the same character. */
export function withoutReference(path: string): string {
  return path.replaceAll('{', '%7B')
}

function isWritable(text: string, name: string | null, after: string): boolean {
  if (text.includes('*') || !SUFFIX.test(after)) return false
  return text === '' ? name === null : typeof parsePattern(`/${text}`, OPTIONS) !== 'string'
}

const MAX_NAME = 60

/** Letters, digits and `_`, and none of these names. */
function free(wanted: string, names: ReadonlySet<string>): string {
  const plain = wanted.replace(/[^A-Za-z0-9_]+/g, '_').slice(0, MAX_NAME) || 'id'
  let name = plain
  for (let i = 2; names.has(name); i++) name = `${plain}${i}`
  return name
}
