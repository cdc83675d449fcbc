import type { Code } from '../../core/codes.ts'
import { UpstreamFailure } from '../../core/upstream.ts'

/** How far a request had come when it failed. */
export type Stage = 'dialling' | 'sent' | 'answering'

/** Gives whatever Node's sockets or a callback of ours threw its one meaning for the client and the circuit. */
export function failureOf(error: Error, stage: Stage): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error
  const code = codeOf(error, stage)
  const unsent = stage !== 'answering' && code === 'upstream_unreachable'
  return new UpstreamFailure(code, `${stage}: ${textOf(error)}`, {
    unsent: unsent || isDial(stage, code),
    cause: error,
  })
}

function isDial(stage: Stage, code: Code): boolean {
  return stage === 'dialling' && code === 'upstream_timeout'
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
