import { HOP_BY_HOP, TOKEN_CHARS, VALUE_CHARS } from '../../core/headers.ts'

/** Fields of one reply's head, of one 1xx, or of its trailers. */
export const MAX_FIELDS = 200

/** Instead of a number of bytes: how else the end of a body is found. */
export const CHUNKED = -1
export const UNTIL_CLOSE = -2

/** The head of a reply, or of an interim one, that can mean only one thing. */
export interface ReplyHead {
  readonly status: number
  /** The reason phrase where it is plain text; '' otherwise, since writing another one to a client would throw. */
  readonly reason: string
  /** Byte for character (RFC 9110 5.5), flat: name, value …, with order, case and repeats kept. */
  readonly fields: readonly string[]
  /** Bytes of the body, CHUNKED or UNTIL_CLOSE, as the fields tell; the method and the status may forbid any. */
  readonly bodyBytes: number
  /** How long the peer keeps the connection for another request, in ms: 0 not at all, null it does not say. */
  readonly keepAliveMs: number | null
}

const STATUS_LINE = new RegExp(`^HTTP/1\\.([01]) (\\d{3})(?: ([${VALUE_CHARS}]*))?$`)
/** All the lines at once, in one step of the engine: name, colon, value (RFC 9112 5). No folding, no bare line feed. */
const FIELD_LINES = new RegExp(`^(?:[${TOKEN_CHARS}]+:[${VALUE_CHARS}]*\r\n)*$`)
const PLAIN_TEXT = /^[\t\x20-\x7e]{0,128}$/
const LENGTH = /^\d{1,15}$/
const TIMEOUTS = /\btimeout[\t ]*=[\t ]*"?(\d{1,9})\b/gi
/** Of the names that say something of the message itself. */
const FRAMING_LENGTHS = new Set(
  ['content-length', 'transfer-encoding', 'connection', 'keep-alive'].map(({ length }) => length),
)
const NO_FIELDS: readonly string[] = Object.freeze([])

/** RFC 9110 6.5.1: what frames, routes or changes the meaning of a message has no place behind its body. */
const NEVER_TRAILERS: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'host',
  'location',
  'set-cookie',
  'vary',
  'www-authenticate',
])

/** What the fields say of the message itself. */
interface Framing {
  length: string | null
  coding: string | null
  connection: string | null
  keepAlive: string | null
}

/**
 * Reads a head strictly: what two readers could take for two things is none (RFC 9112 6.3). Two lengths, or a length
 * and a transfer coding, are how replies are split.
 * @param text status line and field lines, each with its line end, one character a byte
 * @returns the head, or in words what is wrong with it
 */
export function parseHead(text: string): ReplyHead | string {
  const lineEnd = text.indexOf('\r\n')
  const match = STATUS_LINE.exec(text.slice(0, lineEnd))
  if (match === null) return 'no HTTP/1 status line'
  const fields = parseFields(text, lineEnd + 2)
  if (typeof fields === 'string') return fields
  const isHttp10 = match[1] === '0'
  const framing = framingOf(fields)
  if (typeof framing === 'string') return framing
  const bodyBytes = bodyBytesOf(framing, isHttp10)
  if (typeof bodyBytes === 'string') return bodyBytes
  const status = Number(match[2])
  // RFC 9110 15.2: it knows none, and what follows would be a second reply.
  if (isHttp10 && status < 200) return 'an interim reply in HTTP/1.0'
  const reason = match[3] ?? ''
  return {
    status,
    reason: reason === 'OK' || PLAIN_TEXT.test(reason) ? reason : '',
    fields,
    bodyBytes,
    keepAliveMs: keepAliveMsOf(framing, isHttp10),
  }
}

/**
 * The trailers that may be handed on, or in words what is wrong with them.
 * @param text field lines, each with its line end
 */
export function parseTrailers(text: string): readonly string[] | string {
  if (text === '') return NO_FIELDS
  const fields = parseFields(text, 0)
  if (typeof fields === 'string') return fields
  const out: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (!NEVER_TRAILERS.has(name.toLowerCase())) out.push(name, fields[i + 1] as string)
  }
  return out
}

function parseFields(text: string, from: number): string[] | string {
  if (!FIELD_LINES.test(text.slice(from))) return 'a malformed header field'
  const fields: string[] = []
  for (let at = from; at < text.length; ) {
    const end = text.indexOf('\r\n', at)
    const colon = text.indexOf(':', at)
    fields.push(text.slice(at, colon), withoutEdges(text, colon + 1, end))
    at = end + 2
  }
  return fields.length > 2 * MAX_FIELDS ? `more than ${MAX_FIELDS} header fields` : fields
}

/** Without spaces and tabs at its edges (RFC 9112 5.1); `trim` would take U+00A0 with them, which is a byte of the value. */
function withoutEdges(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09
}

function framingOf(fields: readonly string[]): Framing | string {
  const framing: Framing = { length: null, coding: null, connection: null, keepAlive: null }
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    // Most names are of another length, and need not be put into lower case.
    if (!FRAMING_LENGTHS.has(name.length)) continue
    const flaw = note(framing, name.toLowerCase(), fields[i + 1] as string)
    if (flaw !== null) return flaw
  }
  return framing
}

function note(framing: Framing, lower: string, value: string): string | null {
  switch (lower) {
    case 'content-length':
      if (framing.length !== null) return 'content-length twice'
      framing.length = value
      return null
    case 'transfer-encoding':
      if (framing.coding !== null) return 'transfer-encoding twice'
      framing.coding = value
      return null
    case 'connection':
      framing.connection = framing.connection === null ? value : `${framing.connection},${value}`
      return null
    case 'keep-alive':
      framing.keepAlive = framing.keepAlive === null ? value : `${framing.keepAlive},${value}`
      return null
    default:
      return null
  }
}

function bodyBytesOf({ length, coding }: Framing, isHttp10: boolean): number | string {
  if (coding !== null) {
    if (length !== null) return 'content-length and transfer-encoding'
    if (isHttp10) return 'transfer-encoding in HTTP/1.0'
    return coding.toLowerCase() === 'chunked' ? CHUNKED : 'transfer-encoding is not chunked'
  }
  if (length === null) return UNTIL_CLOSE
  return LENGTH.test(length) ? Number(length) : 'content-length is not one number'
}

function keepAliveMsOf({ connection, keepAlive }: Framing, isHttp10: boolean): number | null {
  if (connection !== null || isHttp10) {
    const options = (connection ?? '').toLowerCase().split(',').map(trimmed)
    if (options.includes('close') || (isHttp10 && !options.includes('keep-alive'))) return 0
  }
  if (keepAlive === null) return null
  // Of several the shortest: a connection that is closed too early costs a dial, one that is closed too late a request.
  const seconds = Array.from(keepAlive.matchAll(TIMEOUTS), ([, digits]) => Number(digits))
  return seconds.length === 0 ? null : Math.min(...seconds) * 1000
}

function trimmed(text: string): string {
  return withoutEdges(text, 0, text.length)
}
