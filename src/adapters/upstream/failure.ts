import { errors } from 'undici'
import type { Code } from '../../core/codes.ts'
import { UpstreamFailure } from '../../core/upstream.ts'

/** How far a request had come when it failed. */
export type Stage = 'dialling' | 'sent' | 'answering'

/** By the `code` of the error: of undici (UND_ERR_…), of Node (E…, ERR_…). */
const CODE_OF: Readonly<Record<string, Code>> = Object.freeze({
  UND_ERR_CONNECT_TIMEOUT: 'upstream_timeout',
  UND_ERR_HEADERS_TIMEOUT: 'upstream_timeout',
  UND_ERR_BODY_TIMEOUT: 'upstream_timeout',
  ETIMEDOUT: 'upstream_timeout',
  UND_ERR_HEADERS_OVERFLOW: 'upstream_reply_invalid',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'upstream_reply_invalid',
  ERR_ASSERTION: 'upstream_reply_invalid',
  UND_ERR_ABORTED: 'client_closed',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'client_closed',
  UND_ERR_INVALID_ARG: 'internal',
  UND_ERR_NOT_SUPPORTED: 'internal',
  UND_ERR_DESTROYED: 'draining',
  UND_ERR_CLOSED: 'draining',
})

/** Gives whatever undici, Node or a callback of ours threw its one meaning for the client and the circuit. */
export function failureOf(error: Error, stage: Stage): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error
  const code = codeOf(error, stage)
  const isLost = code === 'upstream_unreachable' || code === 'upstream_timeout'
  const unsent = isLost && (stage === 'dialling' || (stage === 'sent' && code === 'upstream_unreachable'))
  return new UpstreamFailure(code, `${stage}: ${textOf(error)}`, { unsent, cause: error })
}

function codeOf(error: Error, stage: Stage): Code {
  // The parser's own code is not always set.
  if (error instanceof errors.HTTPParserError) return 'upstream_reply_invalid'
  const name = nameOf(error)
  if (name === '') return 'internal'
  // The connection ended: before any byte of a reply it is lost, within one the reply is cut.
  if (name === 'UND_ERR_SOCKET')
    return stage === 'answering' ? 'upstream_reply_invalid' : 'upstream_unreachable'
  return CODE_OF[name] ?? 'upstream_unreachable'
}

function nameOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}

function textOf(error: Error): string {
  const name = nameOf(error)
  return name === '' ? error.message : `${name} ${error.message}`
}
