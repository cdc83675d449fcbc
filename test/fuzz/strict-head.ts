/** A field as it came, with its name in lower case as well. */
export interface StrictField {
  readonly name: string
  readonly lower: string
  readonly value: string
}

/** What a strict reader makes of the beginning of some bytes. */
export type Taken<T> =
  | { readonly state: 'whole'; readonly message: T; readonly rest: string }
  | { readonly state: 'partial' }
  | { readonly state: 'malformed'; readonly why: string }

export interface Head {
  readonly start: string
  readonly fields: readonly StrictField[]
}

export interface Body {
  /** Decoded. */
  readonly body: string
  readonly trailers: readonly StrictField[]
}

export const PARTIAL = Object.freeze({ state: 'partial' } as const)

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const CHUNK_LINE = /^(0*[0-9A-Fa-f]{1,13})(?:;[\t\x20-\x7e\x80-\xff]*)?$/
const EDGES = /^[\t ]+|[\t ]+$/g

export function malformed(why: string): { state: 'malformed'; why: string } {
  return { state: 'malformed', why }
}

/** RFC 9112 2 to 5, and nothing that it only tolerates: no bare line end, no fold, no space before a colon. */
export function takeHead(text: string): Taken<Head> {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return PARTIAL
  const [start = '', ...lines] = text.slice(0, end).split('\r\n')
  const fields = readFields(lines)
  if (fields === null) return malformed('a line that is no field')
  return { state: 'whole', message: { start, fields }, rest: text.slice(end + 4) }
}

function readFields(lines: readonly string[]): readonly StrictField[] | null {
  const fields: StrictField[] = []
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    const value = line.slice(colon + 1).replace(EDGES, '')
    if (colon < 1 || !TOKEN.test(name) || !VALUE.test(value)) return null
    fields.push({ name, lower: name.toLowerCase(), value })
  }
  return fields
}

export function isToken(text: string): boolean {
  return TOKEN.test(text)
}

/** All values of a field. */
export function valuesOf(fields: readonly StrictField[], lower: string): string[] {
  return fields.filter((field) => field.lower === lower).map(({ value }) => value)
}

export function takeSized(text: string, length: number): Taken<Body> {
  if (text.length < length) return PARTIAL
  return { state: 'whole', message: { body: text.slice(0, length), trailers: [] }, rest: text.slice(length) }
}

export function takeChunked(text: string): Taken<Body> {
  let body = ''
  let rest = text
  for (;;) {
    const chunk = takeChunk(rest)
    if (chunk.state !== 'whole') return chunk
    if (chunk.message === null) return takeTrailers(chunk.rest, body)
    body += chunk.message
    rest = chunk.rest
  }
}

/** The data of one chunk; null for the last one. */
function takeChunk(text: string): Taken<string | null> {
  const lineEnd = text.indexOf('\r\n')
  if (lineEnd === -1) return PARTIAL
  const [, digits] = CHUNK_LINE.exec(text.slice(0, lineEnd)) ?? []
  if (digits === undefined) return malformed('a line that is no chunk size')
  const from = lineEnd + 2
  const to = from + Number.parseInt(digits, 16)
  if (to === from) return { state: 'whole', message: null, rest: text.slice(from) }
  if (text.length < to + 2) return PARTIAL
  if (text.slice(to, to + 2) !== '\r\n') return malformed('a chunk longer than it says')
  return { state: 'whole', message: text.slice(from, to), rest: text.slice(to + 2) }
}

function takeTrailers(text: string, body: string): Taken<Body> {
  if (text.startsWith('\r\n')) {
    return { state: 'whole', message: { body, trailers: [] }, rest: text.slice(2) }
  }
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return PARTIAL
  const trailers = readFields(text.slice(0, end).split('\r\n'))
  if (trailers === null) return malformed('a trailer line that is no field')
  return { state: 'whole', message: { body, trailers }, rest: text.slice(end + 4) }
}
