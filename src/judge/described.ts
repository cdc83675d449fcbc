import type { Knock } from '../http/front-door.ts'

/** A request that nobody sent: what an explanation, a policy test or a replay judges. */
export interface Described {
  readonly method: string
  /** As a client would send it: path and query, or a URL. */
  readonly target: string
  /** Header fields, flat: name, value, name, value … `Host` among them. */
  readonly fields: readonly string[]
  /** Canonical text of the address it comes from: the other end of the socket. */
  readonly peer: string
  /** Epoch milliseconds. */
  readonly atMs: number
  /** 32 hex digits. */
  readonly id: string
  /** null: none is sent. Its length is declared when the fields do not say how it is framed. */
  readonly body: Uint8Array | null
}

const WEBSOCKET = /^websocket$/i

/** The request as the parser of the live gate would hand it over. */
export function knockOf({ method, target, fields, body }: Described): Knock {
  const headers = lookUp(fields)
  const isFramed = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
  if (body !== null && !isFramed) {
    const framed = [...fields, 'content-length', `${body.length}`]
    return knock(method, target, framed, { ...headers, 'content-length': `${body.length}` })
  }
  return knock(method, target, fields, headers)
}

function knock(method: string, target: string, fields: readonly string[], headers: Knock['headers']): Knock {
  const upgrading = method === 'GET' && WEBSOCKET.test(String(headers.upgrade ?? ''))
  return { method, target, httpVersion: '1.1', fields, headers, upgrading }
}

/** Of these Node keeps the first of several, as its documentation of `message.headers` lists them. */
const FIRST_COUNTS: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
])

/** By lower-case name, repeated fields joined as Node joins them (RFC 9110 5.3; RFC 6265 5.4 for cookies). */
function lookUp(fields: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null)
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase()
    const value = fields[i + 1] as string
    const before = headers[name]
    if (before === undefined) headers[name] = value
    else if (!FIRST_COUNTS.has(name)) headers[name] = `${before}${name === 'cookie' ? '; ' : ', '}${value}`
  }
  return headers
}
