import type { FastifyInstance } from 'fastify'
import type { CircuitStatus } from '../adapters/circuit.ts'
import { explain } from '../explain/explain.ts'
import { answerSchema, type Explanation, type Past } from '../explain/explanation.ts'
import { pastOfRecord } from '../explain/past.ts'
import {
  askedOf,
  BadQuestion,
  type Question,
  questionSchema,
  type RequestQuestion,
} from '../explain/question.ts'
import type { World } from '../explain/world.ts'
import type { RecentRecords } from '../runtime/recent.ts'
import { answers, jsonOf } from './describe.ts'
import { countedIn } from './limit-view.ts'
import type { LimitParts } from './limits.ts'
import { refuse } from './problem.ts'

export interface ExplainParts extends Pick<LimitParts, 'current' | 'store'> {
  readonly counters: Pick<LimitParts['counters'], 'read'>
  /** What is remembered of requests. */
  readonly recent: Pick<RecentRecords, 'find'>
  readonly circuits: () => readonly CircuitStatus[]
}

/** A described request may have a body, and headers up to what the gate takes. */
const MAX_BODY_BYTES = 64 * 1024

/** `/explain`: what the gate would do with a request, or why it did what it did. Changes nothing, so no audit line. */
export function explainRoutes(app: FastifyInstance, parts: ExplainParts): void {
  const schema = {
    summary: 'What the gate would do with a request, or did with one of late; asking spends nothing',
    body: jsonOf(questionSchema),
    response: answers(jsonOf(answerSchema), {
      404: 'No request of this id is remembered.',
      413: 'The body is larger than 64 KB.',
      422: 'The body describes no request.',
      503: 'The shared store does not answer.',
    }),
  }
  app.post<{ Body: Question }>('/explain', { schema, bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
    try {
      const answer = await answerTo(request.body, parts)
      if (answer === null) return refuse(reply, 'no_route', { detail: FORGOTTEN })
      // As it is: the schema of two kinds of answer is for readers, and would be tried one after the other.
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(answer))
    } catch (error) {
      if (error instanceof BadQuestion) return refuse(reply, 'body_invalid', { detail: `${error.message}.` })
      throw error
    }
  })
}

const FORGOTTEN = 'No request of this id is remembered: only the latest are. The audit has all of them.'

async function answerTo(question: Question, parts: ExplainParts): Promise<Explanation | Past | null> {
  const { policy } = parts.current.loaded
  if (!('request_id' in question)) return explainNow(question, parts)
  const record = parts.recent.find(question.request_id)
  return record === undefined ? null : pastOfRecord(record, policy.hash)
}

async function explainNow(question: RequestQuestion, parts: ExplainParts): Promise<Explanation> {
  const { policy, settings, about } = parts.current.loaded
  const status = parts.store?.() ?? null
  const world: World = {
    policy,
    settings,
    about,
    live: {
      counters: parts.counters,
      countedIn: (limit) => countedIn(limit, status),
      isStoreDown: status !== null && status.name !== 'closed',
      circuits: parts.circuits(),
    },
  }
  return explain(askedOf(question, policy, Date.now()), world)
}
