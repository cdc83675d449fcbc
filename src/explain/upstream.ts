import type { CircuitStatus } from '../adapters/circuit.ts'
import type { Decision, Route } from '../core/policy.ts'
import { targetOf } from '../http/forward.ts'
import type { Explanation } from './explanation.ts'
import type { Masks } from './mask.ts'

/** Where a request goes, and what is done about an upstream that fails. @param circuits null: nobody knows */
export function upstreamOf(
  decision: Decision,
  route: Route,
  circuits: readonly CircuitStatus[] | null,
  masks: Masks,
): NonNullable<Explanation['upstream']> {
  const { name, origins, timeout, retry, circuit } = route.upstream
  const target = targetOf(decision, route)
  return {
    name,
    origins: [...origins],
    target: target === null ? null : masks.target(target),
    timeout: { connect_ms: timeout.connectMs, response_ms: timeout.responseMs, idle_ms: timeout.idleMs },
    retry: { attempts: retry.attempts, budget_percent: retry.budgetPercent },
    circuit: circuit && {
      error_percent: circuit.errorPercent,
      window_ms: circuit.windowMs,
      min_requests: circuit.minRequests,
      open_for_ms: circuit.openForMs,
      state: circuits?.find((one) => one.name === name)?.state ?? null,
    },
  }
}
