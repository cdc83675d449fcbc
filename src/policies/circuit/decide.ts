import { UpstreamFailure } from '../../core/upstream.ts'

/** What one request tells about the upstream's health; `neither` when it was cut short by the client or by us. */
export type Outcome = 'success' | 'failure' | 'neither'

/** Any 5xx is the upstream's; a 4xx is the client's, however many there are. */
export function outcomeOfStatus(status: number): Outcome {
  return status >= 500 ? 'failure' : 'success'
}

/** A failure that is not an UpstreamFailure is a mistake of ours and says nothing of the upstream. */
export function outcomeOfError(error: unknown): Outcome {
  if (!(error instanceof UpstreamFailure)) return 'neither'
  switch (error.code) {
    case 'upstream_unreachable':
    case 'upstream_timeout':
    case 'upstream_reply_invalid':
      return 'failure'
    default:
      return 'neither'
  }
}

/** Whole seconds for `retry-after`, at least one: 0 would have clients come back at once. */
export function retryAfterS(waitMs: number): number {
  return Math.max(1, Math.ceil(waitMs / 1000))
}
