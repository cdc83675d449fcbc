import type { Code } from './codes.ts'
import type { Permit } from './policy.ts'

/** A request body on its way: a stream, bytes that a check has read, or nothing. */
export interface ByteStream extends AsyncIterable<Uint8Array> {
  destroy(error?: Error): unknown
}

/** The one re-serialised request. Headers are flat: name, value, name, value … */
export interface UpstreamRequest {
  readonly upstream: string
  readonly method: string
  /** Canonical path, with the query byte for byte. */
  readonly target: string
  readonly headers: readonly string[]
  readonly body: ByteStream | Uint8Array | null
  /** Called for each 102 or 103 of the upstream, before the response. */
  readonly onInformation: ((status: number, headers: readonly string[]) => void) | null
  /** Called before each try after the first. */
  readonly onRetry: (() => void) | null
  /** The client's side registers here what ends the upstream request when the client leaves. */
  readonly onAbort: (abort: (reason: Error) => void) => void
}

/** Where response bytes go. */
export interface Sink {
  /** @returns false when the source has to wait for `resume` */
  write(chunk: Uint8Array): boolean
  /** @param trailers flat name, value … */
  end(trailers: readonly string[]): void
  /** The body was cut: whoever reads must not take it for complete. */
  fail(error: Error): void
}

/** Response bytes on their way. Nothing is lost between the response's head and `attach`. */
export interface ResponseBody {
  attach(sink: Sink): void
  resume(): void
  cancel(reason: Error): void
}

export interface UpstreamResponse {
  readonly status: number
  readonly statusText: string
  /** As sent, flat: name, value, name, value … */
  readonly headers: readonly string[]
  readonly body: ResponseBody
}

/** The way to the upstream. It demands a permit, so nothing gets there without a decision. */
export type Send = (request: UpstreamRequest, permit: Permit) => Promise<UpstreamResponse>

/** One layer round the upstream: cache, circuit, retry, timeout. */
export type Wrap = (next: Send) => Send

/** Why an upstream gave no usable response. Thrown by a Send; its code is what the client is answered with. */
export class UpstreamFailure extends Error {
  readonly code: Code
  /** Nothing of the request was acted on: the dial failed, or a kept-alive socket was closed under it. */
  readonly unsent: boolean
  /** Seconds after which to come back, for `retry-after`; 0 is unknown. */
  readonly retryAfterS: number

  constructor(
    code: Code,
    why: string,
    options: { unsent?: boolean; retryAfterS?: number; cause?: unknown } = {},
  ) {
    super(why, { cause: options.cause })
    this.name = 'UpstreamFailure'
    this.code = code
    this.unsent = options.unsent ?? false
    this.retryAfterS = options.retryAfterS ?? 0
  }
}
