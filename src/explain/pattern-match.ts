import { type PathOptions, parsePattern } from '../config/pattern.ts'

/** How far a path fits a pattern; `slash`: but for the slash at its end, `case`: but for upper and lower case. */
export type Fit = 'fits' | 'case' | 'slash' | 'differs'

/** One segment of a pattern: a literal; what stands before and behind a parameter; or before the rest of the path. */
interface Segment {
  readonly kind: 'literal' | 'parameter' | 'rest'
  readonly before: string
  readonly behind: string
}

/**
 * Holds a canonical path against the pattern of a route, as config/finder.ts does for all routes at once. For people
 * who ask why a route was not the one; what a request matches is never decided by this.
 */
export function fitOf(pattern: string, options: PathOptions, path: string): Fit {
  if (!mayFit(pattern, path)) return 'differs'
  if (matches(pattern, options, path)) return 'fits'
  const isFolded = options.case === 'insensitive'
  if (!isFolded && matches(pattern, { ...options, case: 'insensitive' }, path)) return 'case'
  const loose: PathOptions = { ...options, trailingSlash: 'ignore' }
  return options.trailingSlash === 'strict' && matches(pattern, loose, path) ? 'slash' : 'differs'
}

/** What stands before the first parameter, wildcard, escape or character that is written in more than one way. */
const PLAIN_START = /^[A-Za-z0-9/._~-]*/

/** Says no to most patterns of a large policy without taking them apart. */
function mayFit(pattern: string, path: string): boolean {
  const [start = ''] = PLAIN_START.exec(pattern) ?? []
  const wanted = start.toLowerCase()
  // The slash may be the one that is missing.
  return path.toLowerCase().startsWith(wanted.endsWith('/') ? wanted.slice(0, -1) : wanted)
}

function matches(pattern: string, options: PathOptions, path: string): boolean {
  const given = options.case === 'insensitive' ? path.toLowerCase() : path
  return formsOf(pattern, options).some((form) => matchesForm(form, given))
}

/** As the finder gets them: canonical, and in lower case where case does not matter. */
function formsOf(pattern: string, options: PathOptions): readonly string[] {
  const parsed = parsePattern(pattern, options)
  if (typeof parsed === 'string') return []
  return [...parsed.primary, ...parsed.alternate].map(({ text }) => text)
}

function matchesForm(form: string, path: string): boolean {
  const segments = segmentsOf(form)
  const given = path.slice(1).split('/')
  for (const [i, segment] of segments.entries()) {
    const text = given[i]
    if (text === undefined) return false
    if (segment.kind === 'rest') return given.slice(i).join('/').startsWith(segment.before)
    if (!matchesSegment(segment, text)) return false
  }
  return segments.length === given.length
}

function matchesSegment({ kind, before, behind }: Segment, text: string): boolean {
  if (kind === 'literal') return text === before
  const isLongEnough = text.length > before.length + behind.length
  return isLongEnough && text.startsWith(before) && text.endsWith(behind)
}

function segmentsOf(form: string): Segment[] {
  return form.slice(1).split('/').map(segmentOf)
}

/** `::` is a colon. */
function segmentOf(text: string): Segment {
  const start = text.replaceAll('::', '\0\0').indexOf(':')
  const plain = (part: string) => part.replaceAll('::', ':')
  if (start === -1) {
    const isRest = text.endsWith('*')
    return { kind: isRest ? 'rest' : 'literal', before: plain(isRest ? text.slice(0, -1) : text), behind: '' }
  }
  const [, behind = ''] = /^:[A-Za-z0-9_]+(.*)$/.exec(text.slice(start)) ?? []
  return { kind: 'parameter', before: plain(text.slice(0, start)), behind: plain(behind) }
}

/**
 * The pattern with the path's own values in the place of parameters: what somebody who mistyped it may have meant.
 * Literals stay as they are written.
 */
export function filledIn(pattern: string, path: string): string {
  const given = path.slice(1).split('/')
  const filled = segmentsOf(pattern.replace(/\?$/, '')).map(({ kind, before, behind }, i) => {
    if (kind === 'literal') return before
    if (kind === 'rest') return given.slice(i).join('/')
    return given[i] ?? `${before}x${behind}`
  })
  return `/${filled.join('/')}`
}
