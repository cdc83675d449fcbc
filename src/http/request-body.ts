import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Code } from '../core/codes.ts'

/** Why a request body ended before its end. */
export class BodyFailure extends Error {
  readonly code: Code

  constructor(code: Code, why: string) {
    super(why)
    this.name = 'BodyFailure'
    this.code = code
  }
}

/**
 * A request body on its way to the upstream. It stands between the two so that an upstream which fails can end it
 * without ending the client's connection, on which the client is owed an answer; it counts, and it bounds.
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage
  #maxBytes: number
  readonly #idleMs: number
  #idle: NodeJS.Timeout | undefined
  bytes = 0
  /** Set when the client is to blame for the end of the body. */
  failure: BodyFailure | null = null

  /**
   * @param maxBytes more than this fails with `body_too_large`
   * @param idleMs longest wait for the next bytes; more fails with `request_timeout`
   */
  constructor(request: IncomingMessage, maxBytes: number, idleMs: number) {
    super({ highWaterMark: 64 * 1024 })
    this.#request = request
    this.#maxBytes = maxBytes
    this.#idleMs = idleMs
    request.on('data', this.#onData)
    request.on('end', this.#onEnd)
    request.on('close', this.#onClose)
    request.pause()
  }

  /** A bound that is known only after a check has begun to read. */
  bound(maxBytes: number): void {
    this.#maxBytes = maxBytes
  }

  override _read(): void {
    if (this.#request.isPaused()) {
      this.#awaitBytes()
      this.#request.resume()
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#idle)
    this.#request.off('data', this.#onData)
    this.#request.off('end', this.#onEnd)
    this.#request.off('close', this.#onClose)
    this.#request.pause()
    callback(error)
  }

  readonly #onData = (chunk: Buffer): void => {
    this.bytes += chunk.length
    if (this.bytes > this.#maxBytes) {
      this.#fail('body_too_large', `more than ${this.#maxBytes} bytes of body`)
      return
    }
    if (this.push(chunk)) this.#idle?.refresh()
    else {
      clearTimeout(this.#idle)
      this.#request.pause()
    }
  }

  readonly #onEnd = (): void => {
    clearTimeout(this.#idle)
    this.push(null)
  }

  readonly #onClose = (): void => {
    if (!this.#request.complete) this.#fail('client_closed', 'the client left in the middle of the body')
  }

  #awaitBytes(): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => {
      this.#fail('request_timeout', `no byte of the body for ${this.#idleMs} ms`)
    }, this.#idleMs)
  }

  #fail(code: Code, why: string): void {
    this.failure ??= new BodyFailure(code, why)
    this.destroy(this.failure)
  }
}

/**
 * Reads a whole body for a check that must see it.
 * @returns null when it is larger than `maxBytes`; what was read is then put back, so that the stream is whole again
 * @throws BodyFailure when the client leaves or stalls
 */
export async function readBody(body: RequestBody, maxBytes: number): Promise<Uint8Array | null> {
  const chunks: Buffer[] = []
  let length = 0
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk)
      length += chunk.length
      if (length <= maxBytes) return
      body.off('data', onData)
      body.pause()
      body.unshift(Buffer.concat(chunks))
      resolve(null)
    }
    body.on('data', onData)
    body.once('end', () => resolve(Buffer.concat(chunks)))
    body.once('error', reject)
    // Ended from our side, because the client has left: nobody may wait for the rest.
    body.once('close', () =>
      reject(new BodyFailure('client_closed', 'the client left in the middle of the body')),
    )
  })
}
