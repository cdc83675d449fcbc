import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Upstream } from '../../core/policy.ts'
import {
  type ResponseBody,
  type Sink,
  UpstreamFailure,
  type UpstreamRequest,
  type UpstreamResponse,
} from '../../core/upstream.ts'
import { failureOf, type Stage } from './failure.ts'
import { fieldsOf, flawOf, MAX_FIELDS, type RawFields, reasonOf, trailersOf } from './head.ts'
import { Upload } from './upload.ts'

type Controller = Dispatcher.DispatchController

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

/** Informational replies before the reply itself; more are a flood. */
const MAX_INFORMATION = 16
/** Body bytes kept while nobody has attached yet. */
const MAX_EARLY_BYTES = 65_536
const NO_FIELDS: readonly string[] = Object.freeze([])

interface Options extends Dispatcher.DispatchOptions {
  /** Known to undici, missing in its types: without it TLS would greet with the Host header, which the client writes. */
  readonly servername: string
}

/**
 * One request and its reply: the handler that undici calls, and the body that the client's side reads. Nothing lies
 * between the two, which is where the speed comes from. Its `on…` methods are undici's and never throw.
 */
export class Exchange implements Dispatcher.DispatchHandler, ResponseBody {
  readonly #request: UpstreamRequest
  readonly #timeout: Upstream['timeout']
  readonly #place: Place
  readonly #outcome: Outcome
  #upload: Upload | null = null
  #controller: Controller | null = null
  #stage: Stage = 'dialling'
  #information = 0
  /** The connection it was handed to, which then tells how it ends. */
  #dispatcher: Dispatcher | null = null
  #isAnswered = false
  /** Nothing more comes from undici. */
  #isOver = false
  #sink: Sink | null = null
  #early: Uint8Array[] | null = null
  #earlyBytes = 0
  #trailers: readonly string[] = NO_FIELDS
  #failure: UpstreamFailure | null = null

  constructor(request: UpstreamRequest, timeout: Upstream['timeout'], place: Place, outcome: Outcome) {
    this.#request = request
    this.#timeout = timeout
    this.#place = place
    this.#outcome = outcome
  }

  /** Sends the request once it has a place. */
  dispatch(dispatcher: Dispatcher, servername: string): void {
    this.#dispatcher = dispatcher
    const { method, target, headers } = this.#request
    const options: Options = {
      path: target,
      method,
      headers: headers as string[],
      body: this.#body(),
      headersTimeout: this.#timeout.responseMs,
      bodyTimeout: this.#timeout.idleMs,
      blocking: false,
      servername,
    }
    dispatcher.dispatch(options, this)
  }

  get dispatcher(): Dispatcher | null {
    return this.#dispatcher
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
    if (this.#controller !== null) {
      this.#controller.abort(failure)
      return
    }
    // Still waiting or dialling: undici will ask before it sends, and is told then.
    this.#failure = failure
    this.#outcome.reject(failure)
    if (this.#dispatcher === null) this.#leave()
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    this.#stage = 'sent'
    if (this.#failure !== null) controller.abort(this.#failure)
  }

  onResponseStarted(): void {
    this.#stage = 'answering'
  }

  onResponseStart(
    controller: Controller,
    status: number,
    headers: IncomingHttpHeaders,
    statusText?: string,
  ): void {
    const raw = (controller.rawHeaders ?? NO_FIELDS) as RawFields
    if (status >= 100 && status < 200) {
      this.#inform(controller, status, raw)
      return
    }
    const flaw = flawOf(status, headers, raw)
    if (flaw !== null) {
      controller.abort(new UpstreamFailure('upstream_reply_invalid', flaw))
      return
    }
    this.#isAnswered = true
    this.#outcome.resolve({ status, statusText: reasonOf(statusText), headers: fieldsOf(raw), body: this })
  }

  onResponseData(controller: Controller, chunk: Uint8Array): void {
    if (this.#sink === null) this.#keep(controller, chunk)
    else if (!this.#sink.write(chunk)) controller.pause()
  }

  onResponseEnd(controller: Controller): void {
    const raw = (controller.rawTrailers ?? NO_FIELDS) as RawFields
    if (raw.length > 2 * MAX_FIELDS) {
      this.#fail(new UpstreamFailure('upstream_reply_invalid', `more than ${MAX_FIELDS} trailer fields`))
      return
    }
    if (raw.length > 0) this.#trailers = trailersOf(raw)
    this.#leave()
    this.#sink?.end(this.#trailers)
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    this.#fail(failureOf(error, this.#stage))
  }

  attach(sink: Sink): void {
    this.#sink = sink
    const hasRoom = this.#flush(sink)
    if (this.#failure !== null) sink.fail(this.#failure)
    else if (this.#isOver) sink.end(this.#trailers)
    else if (hasRoom) this.#controller?.resume()
    else this.#controller?.pause()
  }

  resume(): void {
    // A controller outlives its exchange and would wake the next reply on the same connection.
    if (!this.#isOver) this.#controller?.resume()
  }

  cancel(reason: Error): void {
    this.#early = null
    this.abort(reason)
  }

  #body(): Upload | Uint8Array | null {
    const { body } = this.#request
    if (body === null || body instanceof Uint8Array) return body
    this.#upload = new Upload(body, (error) => this.abort(error))
    return this.#upload
  }

  #inform(controller: Controller, status: number, raw: RawFields): void {
    this.#information++
    if (status === 101) {
      controller.abort(new UpstreamFailure('upstream_reply_invalid', 'it switched protocols unasked'))
    } else if (this.#information > MAX_INFORMATION) {
      controller.abort(
        new UpstreamFailure('upstream_reply_invalid', `more than ${MAX_INFORMATION} 1xx replies`),
      )
    } else if (raw.length > 2 * MAX_FIELDS) {
      controller.abort(
        new UpstreamFailure('upstream_reply_invalid', `more than ${MAX_FIELDS} fields in a 1xx`),
      )
    } else if (status === 102 || status === 103) {
      this.#request.onInformation?.(status, fieldsOf(raw))
    }
  }

  #keep(controller: Controller, chunk: Uint8Array): void {
    this.#early ??= []
    this.#early.push(chunk)
    this.#earlyBytes += chunk.length
    if (this.#earlyBytes > MAX_EARLY_BYTES) controller.pause()
  }

  #flush(sink: Sink): boolean {
    const chunks = this.#early
    this.#early = null
    let hasRoom = true
    for (const chunk of chunks ?? []) hasRoom = sink.write(chunk)
    return hasRoom
  }

  #fail(failure: UpstreamFailure): void {
    const isTold = this.#failure !== null
    this.#failure ??= failure
    this.#leave()
    if (isTold) return
    if (!this.#isAnswered) this.#outcome.reject(failure)
    else this.#sink?.fail(failure)
  }

  #leave(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#upload?.destroy()
    this.#place.leave(this)
  }
}
