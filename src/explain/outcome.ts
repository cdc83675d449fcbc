import { CODES } from '../core/codes.ts'
import type { Policy } from '../core/policy.ts'
import { type Refuse, type Reply, refuse } from '../core/verdict.ts'
import { targetOf } from '../http/forward.ts'
import { problemBody, problemFields } from '../http/refusal.ts'
import type { Described } from '../judge/described.ts'
import type { Judgement } from '../judge/judge.ts'
import type { Explanation } from './explanation.ts'
import { doorReply, type OwnReply, onReply, ownReply } from './fields.ts'
import type { Masks } from './mask.ts'
import { wordsOf } from './verdicts.ts'

/** What comes of a request in the end. */
export interface Outcome extends Pick<Explanation, 'outcome' | 'status' | 'code' | 'title' | 'help' | 'why'> {
  readonly refusal: Refuse | null
  readonly reply: Reply | null
}

export function outcomeOf(judgement: Judgement, described: Described): Outcome {
  const refusal = refusalOf(judgement, described)
  if (refusal !== null) {
    const { code, why } = refusal
    return {
      outcome: 'refuse',
      status: CODES[code].status,
      code,
      ...wordsOf(code),
      why,
      refusal,
      reply: null,
    }
  }
  const reply = answerOf(judgement)
  const none = { code: null, ...wordsOf(null), why: null, refusal: null, reply }
  if (reply === null) return { outcome: 'forward', status: null, ...none }
  return { outcome: 'answer', status: reply.status, ...none }
}

function answerOf({ door, decision }: Judgement): Reply | null {
  if (door === null) return decision.reply
  return door.kind === 'answer' ? door.reply : null
}

/** Also what refuses a request that has its permit: on the way to the upstream. */
function refusalOf({ door, decision }: Judgement, { body }: Described): Refuse | null {
  if (door !== null) return door.kind === 'refuse' ? door : null
  const { refusal, route, permit, maxBodyBytes, facts } = decision
  if (permit === null || route === null) return refusal
  if (targetOf(decision, route) === null) {
    return refuse('path_refused', 'the path is not acceptable once strip_prefix is cut off')
  }
  const isCut = facts.bodyBytes === null && maxBodyBytes !== null && (body?.length ?? 0) > maxBodyBytes
  return isCut ? refuse('body_too_large', `more than ${maxBodyBytes} bytes of body`) : null
}

/** Header fields for the client. */
export function replyOf(
  { decision }: Judgement,
  { refusal, reply }: Outcome,
  { id, atMs }: Described,
  policy: Policy,
  masks: Masks,
): OwnReply {
  const own = refusal === null ? (reply?.headers ?? null) : refusalFields(refusal, id, atMs)
  const route = decision?.route ?? null
  if (decision === null) return doorReply(policy, own ?? [], id)
  return own === null && route !== null
    ? onReply(decision, route, masks)
    : ownReply(decision, policy, own ?? [], masks)
}

function refusalFields({ code, headers }: Refuse, id: string, atMs: number): readonly string[] {
  const at = headers.indexOf('retry-after')
  const retryAfterS = at === -1 ? 0 : Number(headers[at + 1])
  return [...headers, ...problemFields(problemBody(code, id, atMs, retryAfterS))]
}
