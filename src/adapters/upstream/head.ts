import { HOP_BY_HOP } from '../../core/headers.ts'

/** Fields of one reply's head, of one 1xx, or of its trailers. */
export const MAX_FIELDS = 200

/** What a parser of undici gives: name, value, name, value … as slices of what was read from the socket. */
export type RawFields = readonly Uint8Array[]

const NO_FIELDS: readonly string[] = Object.freeze([])
const DIGITS = /^\d+$/
const PLAIN_TEXT = /^[\t\x20-\x7e]{0,128}$/

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

/**
 * Fields as text, byte for character (RFC 9110 5.5), with order, case and repeats kept.
 * The head is decoded once and cut, since a call into Node for each field costs more than all the rest.
 */
export function fieldsOf(raw: RawFields): readonly string[] {
  const first = raw[0]
  const last = raw.at(-1)
  if (first === undefined || last === undefined) return NO_FIELDS
  const { buffer, byteOffset } = first
  const span = last.byteOffset + last.length - byteOffset
  const text = last.buffer === buffer && span > 0 ? latin1(buffer, byteOffset, span) : ''
  const out: string[] = []
  for (const bytes of raw) {
    const start = bytes.byteOffset - byteOffset
    const end = start + bytes.length
    // A head that came in several reads lies in several buffers.
    const isWithin = bytes.buffer === buffer && start >= 0 && end <= text.length
    out.push(isWithin ? text.slice(start, end) : latin1(bytes.buffer, bytes.byteOffset, bytes.length))
  }
  return out
}

/**
 * What makes a reply unusable although the parser took it; null when it is fine. Two lengths, or a length and a
 * transfer coding, are read differently by different readers: a response-splitting or desync attempt (RFC 9112 6.3).
 * @param headers look-up with lower-case names; repeated ones are arrays
 */
export function flawOf(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  raw: RawFields,
): string | null {
  if (status < 200 || status > 599) return `status ${status}`
  if (raw.length > 2 * MAX_FIELDS) return `more than ${MAX_FIELDS} header fields`
  const length = headers['content-length']
  const coding = headers['transfer-encoding']
  if (length !== undefined && coding !== undefined) return 'content-length and transfer-encoding'
  if (length !== undefined && !isLength(length)) return 'content-length is not one number'
  if (coding !== undefined && !isChunked(coding)) return 'transfer-encoding is not chunked'
  return null
}

/** The reason phrase where it is plain text; '' otherwise, since writing another one to a client would throw. */
export function reasonOf(statusText: string | undefined): string {
  return statusText !== undefined && PLAIN_TEXT.test(statusText) ? statusText : ''
}

/** Trailers that may be handed on. */
export function trailersOf(raw: RawFields): readonly string[] {
  const fields = fieldsOf(raw)
  const out: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] ?? ''
    if (!NEVER_TRAILERS.has(name.toLowerCase())) out.push(name, fields[i + 1] ?? '')
  }
  return out
}

function isLength(value: string | string[]): boolean {
  return typeof value === 'string' && DIGITS.test(value) && Number.isSafeInteger(Number(value))
}

function isChunked(value: string | string[]): boolean {
  return typeof value === 'string' && value.trim().toLowerCase() === 'chunked'
}

function latin1(buffer: ArrayBufferLike, offset: number, length: number): string {
  return Buffer.from(buffer, offset, length).toString('latin1')
}
