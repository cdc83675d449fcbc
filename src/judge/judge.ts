import { decide } from '../core/decide.ts'
import type { Decision, Policy } from '../core/policy.ts'
import type { Body, Claim, Clock, Counters, Ports } from '../core/ports.ts'
import type { Answer, Refuse } from '../core/verdict.ts'
import { factsOf } from '../http/facts-of.ts'
import { type DoorBounds, isAdmitted, judgeAtDoor } from '../http/front-door.ts'
import { type Described, knockOf } from './described.ts'

/** What the judgement may ask. */
export interface JudgePorts {
  readonly counters: Counters
  /** Default: the time of the request. */
  readonly clock?: Clock
  /** Who the request is from when its fields do not show it. */
  readonly claim?: Claim
}

/** What the gate would say: at its front door, or in a decision. */
export type Judgement =
  | { readonly door: Refuse | Answer; readonly decision: null }
  | { readonly door: null; readonly decision: Decision }

/**
 * Judges a request that nobody sent, by what judges the live ones: the same front door, facts and `decide`. The caller's
 * counters are charged.
 */
export async function judge(
  policy: Policy,
  described: Described,
  bounds: DoorBounds,
  { counters, clock = { nowMs: () => described.atMs }, claim }: JudgePorts,
): Promise<Judgement> {
  const knock = knockOf(described)
  const admitted = judgeAtDoor(knock, bounds, policy)
  if (!isAdmitted(admitted)) return { door: admitted, decision: null }
  const facts = factsOf(knock, admitted, described, policy)
  const ports: Ports = { clock, counters, body: bodyOf(described), ...(claim === undefined ? {} : { claim }) }
  return { door: null, decision: await decide(policy, facts, ports) }
}

function bodyOf({ body }: Described): Body {
  const bytes = body ?? new Uint8Array()
  return { read: async (maxBytes) => (bytes.length > maxBytes ? null : bytes) }
}
