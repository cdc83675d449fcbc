import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { CODES, type Code } from '../core/codes.ts'
import { problemOf } from '../http/refusal.ts'

/** What a refusal may tell beside its code, to somebody who has shown the token. */
export interface More {
  readonly detail?: string
  /** Each as `file:line:col: message`. */
  readonly problems?: readonly string[]
  readonly retryAfterS?: number
}

export const PROBLEM_TYPE = 'application/problem+json'

/** What the OpenAPI document says of refusals; under this name there. */
export const PROBLEM_ID = 'problem'

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    code: z.string().meta({ description: 'See docs/errors.md.' }),
    request_id: z.string(),
    timestamp: z.string().meta({ format: 'date-time' }),
    problems: z.array(z.string()).optional().meta({ description: 'Each as `file:line:col: message`.' }),
  })
  .meta({ description: 'Problem details of RFC 9457.' })

/** Answers with problem details. The connection ends with them: a body that was not read is not waited for. */
export function refuse(reply: FastifyReply, code: Code, more: More = {}): FastifyReply {
  const { retryAfterS = 0, ...shown } = more
  const problem = { ...problemOf(code, reply.request.id, Date.now(), retryAfterS), ...shown }
  if (retryAfterS > 0) reply.header('retry-after', retryAfterS)
  reply.header('connection', 'close')
  // A text goes out as it is; Fastify would put an object through the schema of the good answer.
  return reply.code(CODES[code].status).type(PROBLEM_TYPE).send(JSON.stringify(problem))
}
