import type { UpstreamFailure, UpstreamRequest } from '../../core/upstream.ts'
import type { ReplyHead } from './reply-head.ts'

/** One request on a connection, as the connection sees it. */
export interface Talk {
  readonly request: UpstreamRequest
  /** Longest silence before the reply, and within its body. */
  readonly timeout: { readonly responseMs: number; readonly idleMs: number }
  /** Asked when the connection is open. @returns false when nobody wants the request to be sent any more */
  begin(): boolean
  interim(head: ReplyHead): void
  head(head: ReplyHead): void
  /** @param bytes to be used or copied before this returns */
  data(bytes: Uint8Array): void
  /** The reply is whole; the connection may be given another request at once. */
  end(trailers: readonly string[]): void
  /** There is no reply, or no end of it. */
  fail(failure: UpstreamFailure): void
}
