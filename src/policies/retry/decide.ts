import { UpstreamFailure, type UpstreamRequest } from '../../core/upstream.ts'

/** RFC 9110 9.2.2, less TRACE, which never gets this far. A second POST or PATCH could act twice. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** What one retry costs; each request brings `budgetPercent` of it. */
const RETRY_COST = 100
/** How many requests' worth of budget may pile up: what was not spent long ago does not pay for a storm now. */
const SAVED_REQUESTS = 100

/** Whether sending the request twice could do harm or is not possible, since a streamed body is gone. */
export function mayBeRepeated(request: UpstreamRequest): boolean {
  return request.body === null && IDEMPOTENT.has(request.method)
}

/** Whether the upstream gave no sign of having acted on the request. */
export function wasNotTaken(error: unknown): boolean {
  return error instanceof UpstreamFailure && error.unsent && error.code !== 'client_closed'
}

/**
 * Keeps retries to a share of the requests, so that they cannot multiply the load on an upstream that is down.
 * It begins with one retry in hand: the first failure of a quiet service may be retried.
 */
export class RetryBudget {
  #percent: number
  #saved = RETRY_COST

  /** @param percent retries per hundred requests; 0 allows none */
  constructor(percent: number) {
    this.#percent = percent
  }

  /** New settings under the same upstream; what is saved stays. */
  adjust(percent: number): void {
    this.#percent = percent
  }

  /** Counts a request, not a retry. */
  earn(): void {
    const most = Math.max(RETRY_COST, this.#percent * SAVED_REQUESTS)
    this.#saved = Math.min(this.#saved + this.#percent, most)
  }

  /** @returns whether there is budget for one retry, which is then taken */
  spend(): boolean {
    if (this.#percent === 0 || this.#saved < RETRY_COST) return false
    this.#saved -= RETRY_COST
    return true
  }
}
