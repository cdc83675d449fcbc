import type { Code } from '../../core/codes.ts'
import { type Facts, hasBody } from '../../core/facts.ts'
import type { Unseen } from '../../core/ports.ts'
import { PASS, refuse, type Verdict } from '../../core/verdict.ts'
import { lackOfBody, tooLarge, type ValidatePlan } from './plan.ts'

const SAID_OF_QUERIES: readonly string[] = ['query_invalid']
const SAID_OF_BODIES: readonly string[] = ['body_invalid', 'media_type_refused']

/** Judges again what can be; for the rest it keeps to what was said when the message was at hand. */
export function decideUnseen(plan: ValidatePlan, facts: Facts, unseen: Unseen): Verdict {
  const isQueryAsked = plan.query !== null
  const isBodyAsked = plan.body !== null && hasBody(facts)
  return (
    (isQueryAsked ? carriedOf(unseen, SAID_OF_QUERIES) : null) ??
    judgeLength(plan, facts, unseen) ??
    (isBodyAsked ? carriedOf(unseen, SAID_OF_BODIES) : null) ??
    passed(isQueryAsked || isBodyAsked, unseen)
  )
}

function carriedOf(unseen: Unseen, codes: readonly string[]): Verdict | null {
  const { said } = unseen
  if (said === null || !codes.includes(said)) return null
  unseen.taken('carried')
  return refuse(said as Code, 'as it was refused when it was sent')
}

function judgeLength({ maxBytes, body }: ValidatePlan, facts: Facts, unseen: Unseen): Verdict | null {
  if ((facts.bodyBytes ?? unseen.bodyBytes) > maxBytes) return tooLarge(maxBytes)
  return body === null ? null : lackOfBody(facts)
}

function passed(isAsked: boolean, unseen: Unseen): Verdict {
  if (isAsked) unseen.taken(unseen.said === 'pass' ? 'carried' : 'assumed')
  return PASS
}
