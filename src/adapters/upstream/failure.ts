import type { Code } from '../../core/codes.ts'
import { UpstreamFailure } from '../../core/upstream.ts'

/** How far a request had come when it failed. */
export type Stage = 'dialling' | 'sent' | 'answering'

/** Gives whatever Node's sockets or a callback of ours threw its one meaning for the client and the circuit. */
export function failureOf(error: Error, stage: Stage): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error
  const code = codeOf(error, stage)
  // Neither is said of a reply that has begun.
  const unsent = code === 'upstream_unreachable' || (code === 'upstream_timeout' && stage === 'dialling')
  return new UpstreamFailure(code, `${stage}: ${textOf(error)}`, { unsent, cause: error })
}

/** The peer ended the connection: what a socket that was not told to end says with its last event. */
export function connectionGone(): Error {
  return Object.assign(new Error('the peer ended the connection'), { code: 'ECONNRESET' })
}

/** The connection ended: before any byte of a reply it is lost, within one the reply is cut. */
function codeOf(error: Error, stage: Stage): Code {
  const name = nameOf(error)
  if (name === '') return 'internal'
  if (name === 'ETIMEDOUT') return 'upstream_timeout'
  return stage === 'answering' ? 'upstream_reply_invalid' : 'upstream_unreachable'
}

function nameOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}

function textOf(error: Error): string {
  const name = nameOf(error)
  return name === '' ? error.message : `${name} ${error.message}`
}
