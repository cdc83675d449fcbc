import { TOKEN_CHARS } from '../core/headers.ts'
import { type Authority, parseAuthority } from '../core/host.ts'
import { canonicalPath, isPathRefusal } from '../core/path.ts'
import type { Policy } from '../core/policy.ts'
import { type Answer, answer, type Refuse, refuse } from '../core/verdict.ts'

/** A request as the HTTP parser saw it. */
export interface Knock {
  readonly method: string
  /** The request target as sent. */
  readonly target: string
  readonly httpVersion: string
  /** Header fields as sent, flat. */
  readonly fields: readonly string[]
  /** The same, by lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The parser has handed the socket over: what follows the head is not HTTP. */
  readonly upgrading: boolean
}

export interface DoorBounds {
  /** Most header fields. */
  readonly maxHeaders: number
  readonly maxTargetBytes: number
}

/** What the door made of a request that may go on. */
export interface Admitted {
  readonly authority: Authority
  /** Host as sent. */
  readonly authorityText: string
  readonly path: string
  readonly query: string
  readonly encodedSlash: boolean
  /** Declared length in bytes; 0 none, null chunked. */
  readonly bodyBytes: number | null
  readonly websocket: boolean
}

const SUBPROTOCOL = new RegExp(`^[\\t ]*[${TOKEN_CHARS}]+[\\t ]*$`)
const UNSERVED_METHODS = new Set(['CONNECT', 'TRACE'])
/** RFC 9110 15.5.6: a 405 tells what is served. */
export const ALLOW: readonly string[] = Object.freeze([
  'allow',
  'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
])
/** `OPTIONS *` asks about the server as a whole, which is this one. */
const SERVER_OPTIONS = answer({ status: 204, headers: ALLOW, body: '' })
const ABSOLUTE_TARGET = /^https?:\/\/([^/?#]*)(.*)$/i
const WEBSOCKET_KEY = /^[A-Za-z0-9+/]{22}==$/
const WEBSOCKET_VERSION: readonly string[] = Object.freeze(['sec-websocket-version', '13'])
const LENGTH = /^(?:0|[1-9]\d{0,14})$/
const CODING = /^[a-z]+$/

/**
 * Refuses what no honest client sends, before anything else is asked. Pure: the same for the live gate and for
 * explanations. Node's parser has refused most broken framing before this is called.
 */
export function judgeAtDoor(knock: Knock, bounds: DoorBounds, policy: Policy): Admitted | Refuse | Answer {
  return (
    judgeVersionAndMethod(knock) ??
    judgeFields(knock.fields, bounds, policy) ??
    judgeExpectation(knock) ??
    admit(knock, bounds)
  )
}

export function isAdmitted(result: Admitted | Refuse | Answer): result is Admitted {
  return !('kind' in result)
}

function judgeVersionAndMethod(knock: Knock): Refuse | null {
  if (knock.httpVersion !== '1.1' && knock.httpVersion !== '1.0') {
    return refuse('version_unsupported', `HTTP/${knock.httpVersion}`)
  }
  if (UNSERVED_METHODS.has(knock.method)) return refuse('method_unsupported', `method ${knock.method}`, ALLOW)
  return null
}

function judgeFields(fields: readonly string[], bounds: DoorBounds, policy: Policy): Refuse | null {
  if (fields.length > bounds.maxHeaders * 2) {
    return refuse('headers_too_large', `${fields.length / 2} header fields, at most ${bounds.maxHeaders}`)
  }
  const seen: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    const lower = (fields[i] as string).toLowerCase()
    if (policy.onceNames.has(lower)) {
      if (seen.includes(lower)) return refuseTwin(lower, policy)
      seen.push(lower)
    }
    if (lower.includes('_') && policy.guardedNames.has(lower.replaceAll('_', '-'))) {
      return refuse('header_refused', `${lower} is read as one of Sallyport's own fields by many servers`)
    }
  }
  return null
}

/** Two servers that read two copies differently are how identities get mixed up. */
function refuseTwin(name: string, policy: Policy): Refuse {
  if (name === 'host') return refuse('host_invalid', 'Host comes twice')
  if (policy.credentialNames.has(name)) return refuse('credential_ambiguous', `${name} comes twice`)
  return refuse('header_refused', `${name} comes twice`)
}

/** Node takes `y 100-continue` for an expectation it can meet. */
function judgeExpectation(knock: Knock): Refuse | null {
  const expect = knock.headers.expect
  if (expect === undefined || (typeof expect === 'string' && expect.toLowerCase() === '100-continue'))
    return null
  return refuse('expect_refused', 'Expect holds something else than 100-continue')
}

function admit(knock: Knock, bounds: DoorBounds): Admitted | Refuse | Answer {
  const bodyBytes = bodyLength(knock)
  if (isRefusal(bodyBytes)) return bodyBytes
  const authorityText = knock.headers.host
  const authority = typeof authorityText === 'string' ? parseAuthority(authorityText) : null
  if (typeof authorityText !== 'string' || authority === null) {
    return refuse('host_invalid', 'Host is missing or not one well-formed host')
  }
  if (knock.target === '*' && knock.method === 'OPTIONS') return SERVER_OPTIONS
  const websocket = isWebSocketUpgrade(knock)
  const upgrade = judgeUpgrade(knock, websocket, bodyBytes)
  if (upgrade !== null) return upgrade
  const target = judgeTarget(knock.target, authorityText, bounds)
  return isRefusal(target) ? target : { ...target, authority, authorityText, bodyBytes, websocket }
}

/** RFC 6455 4.2.1; a body in front of the frames would be read as one by some servers. */
function judgeUpgrade(knock: Knock, websocket: boolean, bodyBytes: number | null): Refuse | null {
  if (!websocket) {
    return knock.upgrading ? refuse('upgrade_refused', 'an upgrade to something else than WebSocket') : null
  }
  if (bodyBytes !== 0) return refuse('request_malformed', 'a WebSocket handshake with a body')
  if (!knock.upgrading) {
    return refuse('upgrade_refused', 'an upgrade behind a request that is not answered yet')
  }
  if (!areSubprotocols(knock.headers['sec-websocket-protocol'])) {
    return refuse('request_malformed', 'a WebSocket handshake with a broken list of protocols')
  }
  const { 'sec-websocket-key': key, 'sec-websocket-version': version } = knock.headers
  if (version === '13' && typeof key === 'string' && WEBSOCKET_KEY.test(key)) return null
  return refuse('request_malformed', 'a WebSocket handshake without key or version', WEBSOCKET_VERSION)
}

/** RFC 6455 4.1: tokens, each once. What is none the ws library would answer by itself, without id and audit line. */
function areSubprotocols(list: Knock['headers'][string]): boolean {
  if (list === undefined) return true
  const names = String(list).split(',')
  return (
    names.every((name) => SUBPROTOCOL.test(name)) &&
    new Set(names.map((name) => name.trim())).size === names.length
  )
}

type Target = Pick<Admitted, 'path' | 'query' | 'encodedSlash'>

function judgeTarget(sent: string, host: string, bounds: DoorBounds): Target | Refuse {
  const target = originForm(sent, host, bounds)
  if (isRefusal(target)) return target
  const queryAt = target.indexOf('?')
  const path = canonicalPath(queryAt === -1 ? target : target.slice(0, queryAt))
  if (isPathRefusal(path)) return refuse('path_refused', path.why)
  const query = queryAt === -1 ? '' : target.slice(queryAt)
  return { path: path.path, query, encodedSlash: path.encodedSlash }
}

function isRefusal(result: Refuse | Target | string | number | null): result is Refuse {
  return typeof result === 'object' && result !== null && 'kind' in result
}

/** RFC 6455 4.1: only GET opens a WebSocket, and Connection must name the upgrade. */
export function isWebSocketUpgrade(knock: Pick<Knock, 'method' | 'headers'>): boolean {
  const { upgrade, connection } = knock.headers
  if (upgrade === undefined || knock.method !== 'GET') return false
  return (
    String(upgrade).toLowerCase() === 'websocket' && /(?:^|[\s,])upgrade(?:[\s,]|$)/i.test(String(connection))
  )
}

/** Absolute-form is taken as origin-form once its authority is the one that Host names (RFC 9112 3.2.2). */
function originForm(target: string, host: string, bounds: DoorBounds): string | Refuse {
  if (target.length > bounds.maxTargetBytes)
    return refuse('target_too_long', `${target.length} bytes of target`)
  if (target.includes('#')) return refuse('target_refused', 'fragment in the target')
  if (target.startsWith('/')) return target
  const [, authority, rest = ''] = ABSOLUTE_TARGET.exec(target) ?? []
  if (authority === undefined) return refuse('target_refused', 'the target is neither a path nor a URL')
  if (authority.toLowerCase() !== host.toLowerCase()) {
    return refuse('target_refused', 'the target names another host than Host does')
  }
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Lengths that some servers read as octal, as signed or as nothing are not lengths (RFC 9112 6). */
function bodyLength(knock: Knock): number | null | Refuse {
  const length = knock.headers['content-length']
  const coding = knock.headers['transfer-encoding']
  if (coding !== undefined) return length === undefined ? chunkedLength(String(coding), knock) : twoLengths()
  if (length === undefined) return 0
  if (typeof length !== 'string' || !LENGTH.test(length)) {
    return refuse('request_malformed', 'content-length is not a plain decimal number')
  }
  return Number(length)
}

function twoLengths(): Refuse {
  return refuse('request_malformed', 'both content-length and transfer-encoding')
}

function chunkedLength(coding: string, knock: Knock): null | Refuse {
  if (knock.httpVersion === '1.0') return refuse('request_malformed', 'transfer-encoding in HTTP/1.0')
  if (coding.toLowerCase() === 'chunked') return null
  const codings = coding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
  const wellFormed =
    codings.every((name) => CODING.test(name)) && codings.indexOf('chunked') === codings.length - 1
  return refuse(
    wellFormed ? 'transfer_coding_unsupported' : 'request_malformed',
    'a transfer coding other than chunked',
  )
}
