import type { Socket } from 'node:net'
import type { AuditRecord } from '../core/audit.ts'
import { CODES, type Code } from '../core/codes.ts'
import type { Policy } from '../core/policy.ts'
import { ANONYMOUS } from '../core/principal.ts'
import { type Refuse, refuse } from '../core/verdict.ts'
import { rawProblem } from './refusal.ts'
import { newRequestId } from './request-id.ts'

/** Errors of a connection on which there was nothing to answer. */
const GONE = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT'])

/** Which code an error of Node's HTTP parser is; null when the client merely went away. */
export function refusalFor(error: NodeJS.ErrnoException): Refuse | null {
  const { code = '', message } = error
  if (GONE.has(code)) return null
  if (code === 'HPE_HEADER_OVERFLOW')
    return refuse('headers_too_large', 'the header section is beyond server.max_header_size')
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW')
    return refuse('request_malformed', 'chunk extensions without end')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return refuse('request_timeout', 'head or body did not come in time')
  return refuse('request_malformed', `${code} ${message}`)
}

/** Answers on a socket on which no request could be read, ends it, and tells what is to be written down. */
export function refuseRaw(
  socket: Socket,
  refusal: Refuse,
  peer: string,
  atMs: number,
  policy: Policy,
): AuditRecord {
  const id = newRequestId()
  const reply = rawProblem(refusal.code, id, atMs, [...policy.reply.set, ...refusal.headers])
  if (socket.writable) socket.end(reply)
  socket.destroySoon()
  return malformedRecord(id, refusal.code, refusal.why, peer, atMs, policy, reply.length)
}

function malformedRecord(
  id: string,
  code: Code,
  why: string,
  peer: string,
  atMs: number,
  policy: Policy,
  bytesOut: number,
): AuditRecord {
  return {
    id,
    atMs,
    route: null,
    method: null,
    path: null,
    client: peer,
    principal: ANONYMOUS,
    outcome: 'malformed',
    code,
    why,
    trail: [],
    warnings: [],
    status: CODES[code].status,
    bytesIn: 0,
    bytesOut,
    durationMs: 0,
    gateMs: 0,
    upstreamMs: null,
    upstream: null,
    retries: 0,
    aborted: false,
    policy: policy.hash,
    basis: null,
  }
}
