import { TOKEN_CHARS, VALUE_CHARS } from '../../core/headers.ts'
import { UpstreamFailure, type UpstreamRequest } from '../../core/upstream.ts'

/** A request as it is written: its head, and what its body is framed by. */
export interface RequestHead {
  /** With the empty line; one character a byte. */
  readonly text: string
  /** Bytes of the body; null when it goes in chunks. */
  readonly bodyBytes: number | null
}

/**
 * What may be written, whoever has put it together: no line end, no control character and no character beyond a byte
 * can become a line, or another request, of its own.
 */
const WELL_FORMED = new RegExp(
  `^[${TOKEN_CHARS}]+ /[\\x21-\\x7e\\x80-\\xff]* HTTP/1\\.1\r\n(?:[${TOKEN_CHARS}]+: [${VALUE_CHARS}]*\r\n)+\r\n$`,
)
/** RFC 9110 8.6: these say that they have no content; of the others nobody expects any. */
const CONTENT_METHODS: ReadonlySet<string> = new Set([
  'POST',
  'PUT',
  'PATCH',
  'QUERY',
  'PROPFIND',
  'PROPPATCH',
])
const LENGTH = /^\d{1,15}$/
/** What frames a request or its connection is written here and nowhere else. */
const ROLES: ReadonlyMap<string, 'host' | 'length' | 'ours'> = new Map([
  ['host', 'host'],
  ['content-length', 'length'],
  ['connection', 'ours'],
  ['expect', 'ours'],
  ['keep-alive', 'ours'],
  ['transfer-encoding', 'ours'],
  ['upgrade', 'ours'],
])
/** Most names have another length, and need not be put into lower case. */
const LOOKED_AT = new Set([...ROLES.keys()].map(({ length }) => length))

/**
 * @param isLast the connection ends behind the reply
 * @throws UpstreamFailure with `internal` for what must not be written
 */
export function requestHead(
  { method, target, headers, body }: UpstreamRequest,
  isLast: boolean,
): RequestHead {
  const { lines, declared } = fieldLines(headers)
  const bodyBytes = bodyBytesOf(body, declared)
  const connection = isLast ? 'close' : 'keep-alive'
  const framing = framingLine(bodyBytes, declared !== null && CONTENT_METHODS.has(method))
  const text = `${method} ${target} HTTP/1.1\r\n${lines}connection: ${connection}\r\n${framing}\r\n`
  // What is well-formed as a whole could still be more lines than were meant.
  if (`${method}${target}`.includes('\n') || !WELL_FORMED.test(text))
    throw unwritable('a line of it is malformed')
  return { text, bodyBytes }
}

function fieldLines(headers: readonly string[]): { lines: string; declared: string | null } {
  let lines = ''
  let hosts = 0
  let declared: string | null = null
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    const role = LOOKED_AT.has(name.length) ? ROLES.get(name.toLowerCase()) : undefined
    if (role === 'ours') throw unwritable(`it brings ${name}`)
    if (role === 'length') declared = onlyLength(declared, headers[i + 1] as string)
    else lines += fieldLine(name, headers[i + 1] as string)
    if (role === 'host') hosts++
  }
  if (hosts !== 1) throw unwritable(`${hosts} hosts`)
  return { lines, declared }
}

/** Either would make a field of its own, which the check of the whole takes for a good one. */
function fieldLine(name: string, value: string): string {
  if (name.includes(':') || value.includes('\n')) throw unwritable('a field of it is malformed')
  return `${name}: ${value}\r\n`
}

function onlyLength(before: string | null, value: string): string {
  if (before !== null || !LENGTH.test(value)) throw unwritable('its content-length is not one number')
  return value
}

function unwritable(why: string): UpstreamFailure {
  return new UpstreamFailure('internal', `a request that must not be written: ${why}`)
}

function framingLine(bodyBytes: number | null, tellsNone: boolean): string {
  if (bodyBytes === null) return 'transfer-encoding: chunked\r\n'
  return bodyBytes > 0 || tellsNone ? `content-length: ${bodyBytes}\r\n` : ''
}

function bodyBytesOf(body: UpstreamRequest['body'], declared: string | null): number | null {
  if (body === null) return 0
  if (body instanceof Uint8Array) return body.length
  return declared === null ? null : Number(declared)
}
