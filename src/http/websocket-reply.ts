import type { IncomingMessage } from 'node:http'
import { type ResponseBody, type Sink, UpstreamFailure, type UpstreamResponse } from '../core/upstream.ts'

/** The reply of an upstream that does not switch, as the reply to any other request is. */
export function plainReply(message: IncomingMessage, idleMs: number): UpstreamResponse {
  return {
    status: message.statusCode ?? 0,
    statusText: message.statusMessage ?? '',
    headers: message.rawHeaders,
    body: new MessageBody(message, idleMs),
  }
}

class MessageBody implements ResponseBody {
  readonly #message: IncomingMessage
  readonly #idleMs: number

  constructor(message: IncomingMessage, idleMs: number) {
    this.#message = message
    this.#idleMs = idleMs
    message.socket.setTimeout(idleMs, () =>
      message.destroy(new UpstreamFailure('upstream_timeout', `answering: nothing came for ${idleMs} ms`)),
    )
    // It may be cut before anybody attaches.
    message.on('error', () => undefined)
  }

  attach(sink: Sink): void {
    const message = this.#message
    message.on('data', (chunk: Buffer) => {
      if (!sink.write(chunk)) this.#pause()
    })
    message.on('end', () => sink.end([]))
    message.on('error', (error) => sink.fail(failureOf(error)))
  }

  resume(): void {
    this.#message.socket.setTimeout(this.#idleMs)
    this.#message.resume()
  }

  cancel(reason: Error): void {
    this.#message.destroy(reason)
  }

  /** Whoever reads slowly is timed elsewhere. */
  #pause(): void {
    this.#message.socket.setTimeout(0)
    this.#message.pause()
  }
}

function failureOf(error: Error): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error
  return new UpstreamFailure('upstream_reply_invalid', `answering: ${error.message}`, { cause: error })
}
