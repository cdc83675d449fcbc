import { canonicalPath, isPathRefusal } from '../core/path.ts'

export interface PathOptions {
  readonly encodedSlash: 'reject' | 'allow'
  readonly case: 'sensitive' | 'insensitive'
  readonly trailingSlash: 'strict' | 'ignore'
}

/** One form of a pattern, ready for find-my-way. */
export interface PatternForm {
  /** In find-my-way's syntax, literals canonical (and lower-case when case does not matter). */
  readonly text: string
  /** The same without the names of parameters: two patterns of one shape match the same paths. */
  readonly shape: string
  /** Orders patterns that match one path: the smaller text is the more specific one. */
  readonly rank: string
  /** Matches paths that end with a slash, with something else, or both. */
  readonly ends: 'slash' | 'other' | 'any'
}

export interface Pattern {
  readonly primary: readonly PatternForm[]
  /** What `trailing_slash: ignore` adds; a route that writes such a pattern itself goes first. */
  readonly alternate: readonly PatternForm[]
  /** What every matching path begins with, up to the first parameter. */
  readonly literalPrefix: string
  /** A matching path can be longer than `literalPrefix`. */
  readonly hasParameters: boolean
}

type Piece =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly name: string; readonly suffix: string }
  | { readonly kind: 'wildcard' }

/** A name, and the literal that may follow it in the same segment. */
const PARAMETER = /^:([A-Za-z0-9_]+)(?:([-.].*))?$/
const MAX_PARAMETERS = 32

/** @returns what to tell the author when the pattern is not taken */
export function parsePattern(text: string, options: PathOptions): Pattern | string {
  if (!text.startsWith('/')) return 'begin the path with `/`'
  const optional = /^(.*)\/(:[A-Za-z0-9_]+)\?$/.exec(text)
  const texts = optional === null ? [text] : [`${optional[1]}/${optional[2]}`, optional[1] || '/']
  const forms: PatternForm[] = []
  let prefix = ''
  for (const one of texts) {
    const pieces = parsePieces(one, options)
    if (typeof pieces === 'string') return pieces
    forms.push(formOf(pieces, options.case))
    prefix = literalPrefix(pieces)
  }
  const alternate = options.trailingSlash === 'ignore' ? forms.flatMap(withOtherEnd) : []
  return {
    primary: forms,
    alternate,
    literalPrefix: prefix,
    hasParameters: /[:*]/.test(text.replaceAll('::', '')),
  }
}

function parsePieces(text: string, options: PathOptions): Piece[] | string {
  const mistake = mistakeIn(text)
  if (mistake !== null) return mistake
  const pieces: Piece[] = []
  for (const segment of text.slice(1).split('/')) {
    const found = parseSegment(segment)
    if (typeof found === 'string') return found
    pieces.push({ kind: 'literal', text: '/' }, ...found)
  }
  const twin = twinIn(pieces)
  if (twin !== null) return `the parameter \`:${twin}\` stands here twice: give one of them another name`
  const written = pieces.map((piece) => (piece.kind === 'literal' ? piece.text : 'x')).join('')
  const canonical = canonicalPath(written)
  if (isPathRefusal(canonical)) return `no request has such a path: ${canonical.why}`
  // Some servers take them for the same and some do not: whichever a route had, the other would slip past it.
  if (/\+|%2B/.test(canonical.path)) return '`+` and `%2B` are two spellings: use a parameter in its place'
  if (canonical.encodedSlash && options.encodedSlash === 'reject') {
    return '`%2F` is only matched with `path: { encoded_slash: allow }`'
  }
  return pieces
}

/** The first name that two parameters have. */
function twinIn(pieces: readonly Piece[]): string | null {
  const names = pieces.flatMap((piece) => (piece.kind === 'parameter' ? [piece.name] : []))
  return names.find((name, i) => names.indexOf(name) !== i) ?? null
}

function mistakeIn(text: string): string | null {
  const wildcard = text.indexOf('*')
  if (wildcard !== -1 && wildcard !== text.length - 1)
    return '`*` stands for the rest of the path: only at the end'
  if (/[?#]/.test(text)) return 'a path has no query and no fragment'
  if (text.split(':').length - 1 > MAX_PARAMETERS) return `more than ${MAX_PARAMETERS} parameters`
  return null
}

/** One segment: a literal, a literal and a parameter, or a literal and the wildcard. */
function parseSegment(segment: string): Piece[] | string {
  const start = parameterStart(segment)
  const isWildcard = start === -1 && segment.endsWith('*')
  const head = start === -1 ? segment.slice(0, isWildcard ? -1 : undefined) : segment.slice(0, start)
  const literal = canonicalLiteral(head)
  if (literal === null) return 'the path is not well-formed: only what a request can have in its path'
  const pieces: Piece[] = literal === '' ? [] : [{ kind: 'literal', text: literal }]
  if (isWildcard) return [...pieces, { kind: 'wildcard' }]
  if (start === -1) return pieces
  const parameter = parseParameter(segment.slice(start))
  return typeof parameter === 'string' ? parameter : [...pieces, parameter]
}

/** Where `:name` begins; `::` is a colon. */
function parameterStart(segment: string): number {
  for (let i = 0; i < segment.length; i++) {
    if (segment[i] !== ':') continue
    if (segment[i + 1] !== ':') return i
    i++
  }
  return -1
}

function parseParameter(text: string): Piece | string {
  if (text.includes('(')) return 'regular expressions are not taken: a path decides in linear time only'
  if (text.includes('*')) return 'a parameter and `*` in one segment'
  const [, name, suffix = ''] = PARAMETER.exec(text) ?? []
  if (name === undefined) return 'a parameter is `:` and letters, digits or `_`'
  if (suffix.includes(':'))
    return 'only one parameter in a segment: two could share a text in more than one way'
  const literal = canonicalLiteral(suffix)
  if (literal === null || /[%+]/.test(literal)) return 'behind a parameter only plain characters'
  return { kind: 'parameter', name, suffix: literal }
}

/** The literal as it stands in canonical paths; null when it can be in none. */
function canonicalLiteral(text: string): string | null {
  if (text === '') return ''
  // `x` keeps the piece from being taken for a dot segment; the whole path is judged later.
  const canonical = canonicalPath(`/x${text.replaceAll('::', ':')}`)
  return isPathRefusal(canonical) ? null : canonical.path.slice(2)
}

function formOf(pieces: readonly Piece[], mode: PathOptions['case']): PatternForm {
  const fold = (text: string) => (mode === 'insensitive' ? text.toLowerCase() : text)
  let text = ''
  let shape = ''
  let rank = ''
  for (const piece of pieces) {
    const literal = fold(literalOf(piece))
    text += (piece.kind === 'parameter' ? `:${piece.name}` : '') + literal.replaceAll(':', '::')
    shape += (piece.kind === 'parameter' ? ':' : '') + literal.replaceAll(':', '::')
    rank += rankOf(piece, literal)
    if (piece.kind === 'wildcard') {
      text += '*'
      shape += '*'
    }
  }
  return { text, shape, rank, ends: text.endsWith('*') ? 'any' : text.endsWith('/') ? 'slash' : 'other' }
}

function literalOf(piece: Piece): string {
  if (piece.kind === 'literal') return piece.text
  return piece.kind === 'parameter' ? piece.suffix : ''
}

const MAX_SUFFIX = 9999

/** find-my-way's order: literal, parameter with the longest suffix, parameter, wildcard. */
function rankOf(piece: Piece, literal: string): string {
  if (piece.kind === 'literal') return 'a'.repeat(literal.length)
  if (piece.kind === 'wildcard') return 'd'
  return literal === '' ? 'c' : `b${String(MAX_SUFFIX - literal.length).padStart(4, '0')}`
}

function literalPrefix(pieces: readonly Piece[]): string {
  const end = pieces.findIndex(({ kind }) => kind !== 'literal')
  return (end === -1 ? pieces : pieces.slice(0, end)).map(literalOf).join('')
}

function withOtherEnd(form: PatternForm): PatternForm[] {
  if (form.ends === 'any' || form.text === '/') return []
  if (form.ends === 'other') {
    return [{ text: `${form.text}/`, shape: `${form.shape}/`, rank: `${form.rank}a`, ends: 'slash' }]
  }
  const cut = (text: string) => text.slice(0, -1)
  return [{ text: cut(form.text), shape: cut(form.shape), rank: cut(form.rank), ends: 'other' }]
}
