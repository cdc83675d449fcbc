/** A whole HTTP/1 message cut out of text in which each character is a byte. */
export interface RawMessage {
  /** Request line or status line. */
  readonly start: string
  readonly fields: readonly (readonly [string, string])[]
  readonly body: string
  readonly trailers: readonly (readonly [string, string])[]
  /** The body was chunked. */
  readonly isChunked: boolean
  /** What comes after it. */
  readonly rest: string
}

export type Kind = 'request' | 'reply' | 'reply to HEAD' | 'last reply'

/**
 * Cuts the first message off.
 * @param kind a `last reply` without a length ends where the text ends
 * @returns null when it is not whole yet
 */
export function takeMessage(text: string, kind: Kind): RawMessage | null {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return null
  const [start = '', ...lines] = text.slice(0, end).split('\r\n')
  const fields = lines.map(splitField)
  const rest = text.slice(end + 4)
  const body = takeBody(rest, start, fields, kind)
  return body === null ? null : { start, fields, ...body }
}

type Body = Pick<RawMessage, 'body' | 'trailers' | 'isChunked' | 'rest'>
type Fields = RawMessage['fields']

const NO_BODY = /^HTTP\/1\.1 (?:1..|204|304)/

function takeBody(rest: string, start: string, fields: Fields, kind: Kind): Body | null {
  if (kind === 'reply to HEAD' || NO_BODY.test(start)) return plain('', rest)
  if (fieldOf(fields, 'transfer-encoding') !== null) return takeChunks(rest)
  const length = fieldOf(fields, 'content-length')
  if (length === null) return takeUnmeasured(rest, kind)
  if (rest.length < Number(length)) return null
  return plain(rest.slice(0, Number(length)), rest.slice(Number(length)))
}

function takeUnmeasured(rest: string, kind: Kind): Body | null {
  if (kind === 'request') return plain('', rest)
  return kind === 'last reply' ? plain(rest, '') : null
}

function plain(body: string, rest: string): Body {
  return { body, rest, trailers: [], isChunked: false }
}

function takeChunks(text: string): Body | null {
  let body = ''
  let at = 0
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd === -1) return null
    const size = Number.parseInt(text.slice(at, lineEnd), 16)
    if (size === 0) return takeTrailers(text.slice(lineEnd + 2), body)
    at = lineEnd + 2 + size + 2
    if (Number.isNaN(size) || text.length < at) return null
    body += text.slice(lineEnd + 2, at - 2)
  }
}

function takeTrailers(text: string, body: string): Body | null {
  if (text.startsWith('\r\n')) return { body, rest: text.slice(2), trailers: [], isChunked: true }
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return null
  const trailers = text.slice(0, end).split('\r\n').map(splitField)
  return { body, rest: text.slice(end + 4), trailers, isChunked: true }
}

function splitField(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon), line.slice(colon + 1).trim()]
}

/** The value of a field; null when it is missing, all of them joined by ` && ` when there are more. */
export function fieldOf(fields: Fields, name: string): string | null {
  const values = fields
    .filter(([other]) => other.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value)
  return values.length === 0 ? null : values.join(' && ')
}
