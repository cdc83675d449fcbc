import { type PathOptions, parsePattern } from '../config/pattern.ts'

/** The segments of a pattern as `PatternForm.shape` has them: `:` stands for a parameter, `::` for a colon. */
export type Shape = readonly string[]

/** What of a path a pattern matches, in each of its forms; none for no pattern. */
export function shapesOf(pattern: string, options: PathOptions): readonly Shape[] {
  const parsed = parsePattern(pattern, options)
  return typeof parsed === 'string' ? [] : parsed.primary.map(({ shape }) => segmentsOf(shape))
}

export function segmentsOf(shape: string): Shape {
  return shape.slice(1).split('/')
}

/** Whether each path of the second is one of the first. */
export function covers(wide: Shape, narrow: Shape): boolean {
  return wide.length === narrow.length && wide.every((one, i) => coversSegment(one, narrow[i] ?? ''))
}

/** Whether there are paths of both. */
export function overlap(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((one, i) => overlapSegment(one, b[i] ?? ''))
}

interface Parts {
  readonly before: string
  readonly after: string
}

/** null: a literal. What begins with a wildcard goes on over any number of segments. */
function partsOf(segment: string): Parts | null {
  if (!segment.includes(':')) return null
  const at = /^(?:[^:]|::)*?(?=:(?!:))/.exec(segment)?.[0].length
  return at === undefined ? null : { before: segment.slice(0, at), after: segment.slice(at + 1) }
}

function coversSegment(wide: string, narrow: string): boolean {
  if (narrow.endsWith('*')) return false
  if (wide === narrow) return true
  const parts = partsOf(wide)
  if (parts === null) return false
  const other = partsOf(narrow)
  if (other === null) return isLiteralOf(parts, narrow)
  return other.before.startsWith(parts.before) && other.after.endsWith(parts.after)
}

function overlapSegment(a: string, b: string): boolean {
  const [parts, other] = [partsOf(a), partsOf(b)]
  if (parts === null) return other === null ? a === b : isLiteralOf(other, a)
  if (other === null) return isLiteralOf(parts, b)
  const isEither = (x: string, y: string) => x.startsWith(y) || y.startsWith(x)
  const isEnd = (x: string, y: string) => x.endsWith(y) || y.endsWith(x)
  return isEither(parts.before, other.before) && isEnd(parts.after, other.after)
}

/** A parameter is never empty. */
function isLiteralOf({ before, after }: Parts, literal: string): boolean {
  return (
    literal.length > before.length + after.length && literal.startsWith(before) && literal.endsWith(after)
  )
}
