import type { Permit, RetrySettings } from '../../core/policy.ts'
import type { Send, UpstreamRequest, UpstreamResponse, Wrap } from '../../core/upstream.ts'
import { mayBeRepeated, type RetryBudget, wasNotTaken } from './decide.ts'

/**
 * Sends a request again when the upstream did not take it: never an unsafe method, never one with a body.
 * @param budget shared by all requests to the upstream
 */
export function retryWrap(settings: RetrySettings, budget: RetryBudget): Wrap {
  const { attempts } = settings
  if (attempts === 1) return (next) => next
  return (next) =>
    function retry(request, permit) {
      budget.earn()
      if (!mayBeRepeated(request)) return next(request, permit)
      return tryUpTo(attempts, next, request, permit, budget)
    }
}

async function tryUpTo(
  attempts: number,
  next: Send,
  request: UpstreamRequest,
  permit: Permit,
  budget: RetryBudget,
): Promise<UpstreamResponse> {
  try {
    return await next(request, permit)
  } catch (error) {
    if (attempts === 1 || !wasNotTaken(error) || !budget.spend()) throw error
  }
  request.onRetry?.()
  return tryUpTo(attempts - 1, next, request, permit, budget)
}
