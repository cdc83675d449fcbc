import type { Decision } from '../core/policy.ts'
import type { Counters } from '../core/ports.ts'
import { type Answer, type Refuse, refuse } from '../core/verdict.ts'
import type { Exchange } from './exchange.ts'

/** What ends a request here; null when it may go on. */
export type Ending = Refuse | Answer | null

/** Notes what was decided, and says what follows from it. */
export function conclude(exchange: Exchange, decision: Decision, counters: Counters): Ending {
  exchange.decided(decision)
  // The end has come and gone before there was anything to give back.
  if (exchange.over) releasePlaces(decision, counters)
  // A check that could not read the body has not failed: the client has.
  const { bodyFailure } = exchange
  if (bodyFailure !== null) return refuse(bodyFailure.code, bodyFailure.message)
  const { permit, refusal, reply } = decision
  if (permit !== null) return null
  if (reply !== null) return { kind: 'answer', reply }
  return refusal ?? refuse('internal', 'a decision without an outcome')
}

/** Gives back the places of `concurrent` limits: once for each request, when it is over and its decision is known. */
export function releasePlaces(decision: Decision | null, counters: Counters): void {
  if (decision === null) return
  for (const { charge } of decision.charged) {
    if (charge.limit.concurrent !== null) counters.release([charge])
  }
}
