import type { Decision } from '../core/policy.ts'
import { type AuditLine, readTrailWord } from './line.ts'

/** What came of a request as far as the policy goes: `forward`, `answer`, or the code that refused it. */
export type Outcome = string

/** Why a recorded decision is compared with no other. */
export type NotComparable =
  /** Refused at the front door, or broken off by the client. */
  | 'malformed'
  /** Refused for what went on in the gate, and not for what the policy says. */
  | 'circumstances'
  /** The line was written by a version that did not tell enough. */
  | 'incomplete'
  /** It showed a credential at which nobody looked. */
  | 'unread'

/** Of refusals that no policy could foresee. */
const CIRCUMSTANCES: ReadonlySet<string> = new Set(['internal', 'limit_unavailable'])
const CUT = 'body_too_large'

/** What was decided; null when that is to be compared with nothing. */
export function recordedOutcome(line: AuditLine): Outcome | null {
  switch (line.outcome) {
    case 'malformed':
      return null
    case 'refuse':
      return refusedWith(line.trail)
    default:
      // A body of undeclared length is cut while it is on its way, when the decision has long been made.
      return line.code === CUT ? CUT : line.outcome
  }
}

/** Why a line without a recorded outcome, or without what its decision was made of, is not compared. */
export function reasonFor({ outcome, basis, path }: AuditLine): NotComparable {
  if (outcome === 'malformed') return 'malformed'
  return basis === null && path !== null ? 'incomplete' : 'circumstances'
}

/** What the check said, for the code of the line may tell that the client left meanwhile. */
function refusedWith(trail: readonly string[]): string | null {
  const last = trail.at(-1)
  const word = last === undefined ? null : readTrailWord(last)
  if (word?.verdict !== 'refuse' || word.code === null) return null
  return CIRCUMSTANCES.has(word.code) ? null : word.code
}

export function outcomeOf({ outcome, refusal }: Decision): Outcome {
  return refusal === null ? outcome : refusal.code
}

/** `forward` and `answer` alike: nothing was refused. */
export function isLetThrough(outcome: Outcome): boolean {
  return outcome === 'forward' || outcome === 'answer'
}
