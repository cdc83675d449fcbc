import { type Facts, hasBody } from '../../core/facts.ts'
import { type Refuse, refuse } from '../../core/verdict.ts'
import type { BodyValidator } from './body-schema.ts'
import type { QueryPlan } from './query.ts'

/** What is prepared of one route. */
export interface ValidatePlan {
  readonly query: QueryPlan | null
  /** Infinity is no bound. */
  readonly maxBytes: number
  readonly body: BodyValidator | null
}

const METHODS_WITH_BODY: readonly string[] = ['POST', 'PUT', 'PATCH']

/** A method that means nothing without a body came without one. */
export function lackOfBody(facts: Facts): Refuse | null {
  const isLacking = !hasBody(facts) && METHODS_WITH_BODY.includes(facts.method)
  return isLacking ? refuse('body_invalid', 'there is no body') : null
}

export function tooLarge(maxBytes: number): Refuse {
  return refuse('body_too_large', `more than ${maxBytes} bytes`)
}
