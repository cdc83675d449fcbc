import type { Upstream } from '../../core/policy.ts'
import type { Send, Wrap } from '../../core/upstream.ts'
import { type Circuit, circuitWrap } from '../../policies/circuit/index.ts'
import { BACK, type BackSlot } from '../../policies/order.ts'
import type { RetryBudget } from '../../policies/retry/decide.ts'
import { retryWrap } from '../../policies/retry/index.ts'
import { timeoutWrap } from '../../policies/timeout/index.ts'

export interface BackParts {
  /** One try. */
  readonly send: Send
  /** null: the policy says `circuit: off`. */
  readonly circuit: Circuit | null
  readonly budget: RetryBudget
}

/** The back half of a route, put together in the order of BACK. */
export function composeSend(upstream: Upstream, parts: BackParts): Send {
  const wraps: Readonly<Record<BackSlot, Wrap>> = {
    circuit: parts.circuit === null ? (next) => next : circuitWrap(parts.circuit),
    retry: retryWrap(upstream.retry, parts.budget),
    timeout: timeoutWrap,
  }
  return BACK.reduceRight((next, slot) => wraps[slot](next), parts.send)
}
