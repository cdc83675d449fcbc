import type { Upstream } from '../../core/policy.ts'
import {
  type ResponseBody,
  type Sink,
  UpstreamFailure,
  type UpstreamRequest,
  type UpstreamResponse,
} from '../../core/upstream.ts'
import type { Connection } from './connection.ts'
import type { ReplyHead } from './reply-head.ts'
import type { Talk } from './talk.ts'

/** What one request takes up at its origin. */
export interface Place {
  /** Called once, when the exchange needs its place no more. */
  leave(exchange: Exchange): void
}

/** What becomes of the promise of a Send. */
export interface Outcome {
  readonly resolve: (response: UpstreamResponse) => void
  readonly reject: (failure: UpstreamFailure) => void
}

/** Body bytes kept while nobody has attached yet. */
const MAX_EARLY_BYTES = 65_536
const NO_FIELDS: readonly string[] = Object.freeze([])

/**
 * One request and its reply: what a connection talks about, and the body that the client's side reads. Nothing lies
 * between the two, which is where the speed comes from.
 */
export class Exchange implements Talk, ResponseBody {
  readonly request: UpstreamRequest
  readonly timeout: Upstream['timeout']
  readonly #place: Place
  readonly #outcome: Outcome
  /** The connection it was handed to, which then tells how it ends. */
  #connection: Connection | null = null
  /** The request has been sent, or is about to be. */
  #isSent = false
  #isAnswered = false
  /** Nothing more comes of the connection. */
  #isOver = false
  #sink: Sink | null = null
  #early: Uint8Array[] | null = null
  #earlyBytes = 0
  #trailers: readonly string[] = NO_FIELDS
  #failure: UpstreamFailure | null = null

  constructor(request: UpstreamRequest, timeout: Upstream['timeout'], place: Place, outcome: Outcome) {
    this.request = request
    this.timeout = timeout
    this.#place = place
    this.#outcome = outcome
  }

  /** It has a place: this connection will be asked to send it, and then asks whether it is wanted still. */
  handTo(connection: Connection): void {
    this.#connection = connection
  }

  get connection(): Connection | null {
    return this.#connection
  }

  /** Whether nothing more comes of it. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Ends the exchange from our side, at any time; the client has left when the reason is not an UpstreamFailure. */
  abort(reason: Error): void {
    if (this.#isOver || this.#failure !== null) return
    const failure =
      reason instanceof UpstreamFailure ? reason : new UpstreamFailure('client_closed', reason.message)
    if (this.#isSent) {
      this.#connection?.abort(failure)
      return
    }
    // Still waiting or dialling: it will be asked before it is sent, and says then that nobody wants it.
    this.#failure = failure
    this.#outcome.reject(failure)
    if (this.#connection === null) this.#leave()
  }

  begin(): boolean {
    this.#isSent = this.#failure === null
    if (!this.#isSent) this.#leave()
    return this.#isSent
  }

  interim({ status, fields }: ReplyHead): void {
    if (status === 102 || status === 103) this.request.onInformation?.(status, fields)
  }

  head({ status, reason, fields }: ReplyHead): void {
    this.#isAnswered = true
    this.#outcome.resolve({ status, statusText: reason, headers: fields, body: this })
  }

  data(bytes: Uint8Array): void {
    // The connection reads into the same bytes again.
    const chunk = Buffer.from(bytes)
    if (this.#sink === null) this.#keep(chunk)
    else if (!this.#sink.write(chunk) && !this.#isOver) this.#connection?.pause()
  }

  end(trailers: readonly string[]): void {
    this.#trailers = trailers
    this.#leave()
    this.#sink?.end(trailers)
  }

  fail(failure: UpstreamFailure): void {
    const isTold = this.#failure !== null
    this.#failure ??= failure
    this.#leave()
    if (isTold) return
    if (!this.#isAnswered) this.#outcome.reject(failure)
    else this.#sink?.fail(failure)
  }

  attach(sink: Sink): void {
    this.#sink = sink
    const hasRoom = this.#flush(sink)
    if (this.#failure !== null) sink.fail(this.#failure)
    else if (this.#isOver) sink.end(this.#trailers)
    else if (hasRoom) this.#connection?.resume()
    else this.#connection?.pause()
  }

  resume(): void {
    // The connection may serve another request by now.
    if (!this.#isOver) this.#connection?.resume()
  }

  cancel(reason: Error): void {
    this.#early = null
    this.abort(reason)
  }

  #keep(chunk: Uint8Array): void {
    this.#early ??= []
    this.#early.push(chunk)
    this.#earlyBytes += chunk.length
    if (this.#earlyBytes > MAX_EARLY_BYTES) this.#connection?.pause()
  }

  #flush(sink: Sink): boolean {
    const chunks = this.#early
    this.#early = null
    let hasRoom = true
    for (const chunk of chunks ?? []) hasRoom = sink.write(chunk)
    return hasRoom
  }

  #leave(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#place.leave(this)
  }
}
