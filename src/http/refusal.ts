import { STATUS_CODES } from 'node:http'
import { CODES, type Code } from '../core/codes.ts'

/** RFC 9457 problem details, with our code and the request's id. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: Code
  readonly request_id: string
  readonly timestamp: string
}

/** The body of a refusal. */
export function problemBody(code: Code, requestId: string, nowMs: number, retryAfterS: number): string {
  return JSON.stringify(problemOf(code, requestId, nowMs, retryAfterS))
}

/**
 * The body of a refusal before it is written. Title and status of the code, and nothing of the request: what an attacker
 * sends is never echoed, and why it was refused is for the operator alone.
 */
export function problemOf(code: Code, requestId: string, nowMs: number, retryAfterS: number): Problem {
  const { status, title } = CODES[code]
  return {
    type: `urn:sallyport:error:${code}`,
    title,
    status,
    detail: retryAfterS > 0 ? `Try again in ${retryAfterS} s.` : 'Ask the operator, and name the request id.',
    code,
    request_id: requestId,
    timestamp: new Date(nowMs).toISOString(),
  }
}

/** Fields of a reply with a problem body, flat. */
export function problemFields(body: string): string[] {
  return [
    'content-type',
    'application/problem+json',
    'content-length',
    String(Buffer.byteLength(body)),
    'cache-control',
    'no-store',
  ]
}

/** A whole reply in bytes, for a socket on which no request could be parsed. The connection ends with it. */
export function rawProblem(code: Code, requestId: string, nowMs: number, fields: readonly string[]): string {
  const body = problemBody(code, requestId, nowMs, 0)
  const all = [...fields, 'x-request-id', requestId, ...problemFields(body), 'connection', 'close']
  const { status } = CODES[code]
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ndate: ${new Date(nowMs).toUTCString()}\r\n`
  for (let i = 0; i < all.length; i += 2) head += `${all[i]}: ${all[i + 1]}\r\n`
  return `${head}\r\n${body}`
}
