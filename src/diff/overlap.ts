import type { OutlineRoute } from '../config/outline-route.ts'

/** One segment of a pattern: a literal, what stands before and behind a parameter, or before the rest of the path. */
interface Segment {
  readonly kind: 'literal' | 'parameter' | 'rest'
  readonly prefix: string
  readonly suffix: string
}

/** The shape of a pattern, ready to be held against others. */
export interface Shape {
  readonly segments: readonly Segment[]
  readonly isFolded: boolean
}

/** What stands for any value: nobody's literal. */
const ANY = 'x-any-0'

/** The forms of a route's pattern, see config/pattern.ts: `:` is a parameter, `::` a colon, a final `*` the rest. */
export function shapesOf({ match, path }: OutlineRoute): readonly Shape[] {
  const isFolded = path.case === 'insensitive'
  return match.shapes.map((shape) => ({ segments: shape.slice(1).split('/').map(segmentOf), isFolded }))
}

function segmentOf(text: string): Segment {
  const start = text.replaceAll('::', '\0\0').indexOf(':')
  const plain = (part: string) => part.replaceAll('::', ':')
  if (start !== -1) {
    return { kind: 'parameter', prefix: plain(text.slice(0, start)), suffix: plain(text.slice(start + 1)) }
  }
  const isRest = text.endsWith('*')
  return { kind: isRest ? 'rest' : 'literal', prefix: plain(isRest ? text.slice(0, -1) : text), suffix: '' }
}

/**
 * Paths that both match, one of each kind. Where both match the rest of a path, that can be nothing, or of any length:
 * each up to one that is longer than every pattern, for a third one may have those of one length for itself.
 * @param depth segments of the longest pattern
 */
export function commonPaths(a: Shape, b: Shape, depth: number): string[] {
  const path = commonPath(a, b)
  if (path === null) return []
  const isOpen = [a, b].every(({ segments }) => segments.at(-1)?.kind === 'rest')
  if (!isOpen) return [path]
  const length = Math.max(a.segments.length, b.segments.length)
  const more = Array.from({ length: Math.max(depth - length, 0) + 2 }, (_, i) => path + `/${ANY}`.repeat(i))
  return [path.slice(0, -ANY.length), ...more.flatMap((one) => [one, `${one}/`])]
}

function commonPath(a: Shape, b: Shape): string | null {
  const isFolded = a.isFolded || b.isFolded
  const restAt = Math.min(restOf(a), restOf(b))
  const length = Math.min(restAt + 1, Math.max(a.segments.length, b.segments.length))
  if (a.segments.length < length || b.segments.length < length) return null
  const texts: string[] = []
  for (let i = 0; i < length; i++) {
    const text = commonSegment(a.segments[i] as Segment, b.segments[i] as Segment, isFolded)
    if (text === null) return null
    texts.push(text)
  }
  const behind = (restOf(a) === restAt ? b : a).segments.slice(length)
  return `/${[...texts, ...behind.map(sampleOf)].join('/')}`
}

/** Where the rest of the path begins. */
function restOf({ segments }: Shape): number {
  const index = segments.findIndex(({ kind }) => kind === 'rest')
  return index === -1 ? Number.POSITIVE_INFINITY : index
}

function sampleOf({ kind, prefix, suffix }: Segment): string {
  return kind === 'literal' ? prefix : `${prefix}${ANY}${suffix}`
}

/** A text that both segments match. */
function commonSegment(a: Segment, b: Segment, isFolded: boolean): string | null {
  if (a.kind === 'literal') return fits(a.prefix, b, isFolded) ? a.prefix : null
  if (b.kind === 'literal') return fits(b.prefix, a, isFolded) ? b.prefix : null
  const prefix = longer(a.prefix, b.prefix, (long, short) => long.startsWith(short), isFolded)
  const suffix = longer(a.suffix, b.suffix, (long, short) => long.endsWith(short), isFolded)
  return prefix === null || suffix === null ? null : `${prefix}${ANY}${suffix}`
}

function fits(text: string, { kind, prefix, suffix }: Segment, isFolded: boolean): boolean {
  const [value, start, end] = [text, prefix, suffix].map((one) => folded(one, isFolded)) as [
    string,
    string,
    string,
  ]
  if (kind === 'literal') return value === start
  if (kind === 'rest') return value.startsWith(start)
  return value.length > start.length + end.length && value.startsWith(start) && value.endsWith(end)
}

function longer(
  a: string,
  b: string,
  covers: (long: string, short: string) => boolean,
  isFolded: boolean,
): string | null {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a]
  return covers(folded(long, isFolded), folded(short, isFolded)) ? long : null
}

function folded(text: string, isFolded: boolean): string {
  return isFolded ? text.toLowerCase() : text
}
