import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { ByteStream } from '../../core/upstream.ts'
import type { RequestHead } from './request-head.ts'

/** What an upload tells of itself. */
export interface UploadWatch {
  /** A piece has been written, or all of it. */
  readonly onProgress: () => void
  /** The client's stream broke off, or is not as long as it says. */
  readonly onCut: (error: Error) => void
}

/**
 * A request body on its way from the client's stream to a connection. The stream lives on when the upload ends early, or
 * the client's reply could not be written any more: what has not been read stays in it, and it is left paused.
 */
export class Upload {
  readonly #source: Readable
  readonly #socket: Socket
  readonly #bodyBytes: number | null
  readonly #watch: UploadWatch
  /** Goes out with the first piece. */
  #head: string | null
  #sentBytes = 0
  #isOver = false
  #isDone = false

  constructor(source: ByteStream, { text, bodyBytes }: RequestHead, socket: Socket, watch: UploadWatch) {
    this.#source = source instanceof Readable ? source : Readable.from(source)
    this.#head = text
    this.#bodyBytes = bodyBytes
    this.#socket = socket
    this.#watch = watch
  }

  start(): void {
    this.#source.on('error', this.#cut).on('close', this.#cut)
    if (this.#source.destroyed && !this.#source.readableEnded) {
      queueMicrotask(this.#cut)
      return
    }
    this.#source.on('data', this.#take).on('end', this.#end)
    if (this.#source.readableEnded) this.#end()
    else this.#source.resume()
  }

  /** Whether nothing of the request has been written. */
  get isUnsent(): boolean {
    return this.#head !== null
  }

  /** Whether all of it has been written. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** Whether the next piece waits for the upstream, and not for the client. */
  get isHeldBack(): boolean {
    return !this.#isDone && this.#socket.writableNeedDrain
  }

  stop(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#source.off('data', this.#take).off('end', this.#end).off('close', this.#cut)
    this.#socket.off('drain', this.#goOn)
    if (!this.#isDone) this.#source.pause()
  }

  readonly #take = (chunk: Uint8Array): void => {
    // Written as a chunk it would be the last one, and what follows another request.
    if (chunk.length === 0) return
    this.#sentBytes += chunk.length
    if (this.#bodyBytes !== null && this.#sentBytes > this.#bodyBytes) {
      this.#cut(new Error('the request body is longer than it says'))
      return
    }
    if (!this.#write(chunk)) {
      this.#source.pause()
      this.#socket.once('drain', this.#goOn)
    }
    this.#watch.onProgress()
  }

  #write(chunk: Uint8Array): boolean {
    this.#socket.cork()
    this.#writeHead()
    const isChunked = this.#bodyBytes === null
    if (isChunked) this.#socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
    this.#socket.write(chunk)
    if (isChunked) this.#socket.write('\r\n', 'latin1')
    this.#socket.uncork()
    return !this.#socket.writableNeedDrain
  }

  #writeHead(): void {
    if (this.#head !== null) this.#socket.write(this.#head, 'latin1')
    this.#head = null
  }

  readonly #goOn = (): void => {
    this.#watch.onProgress()
    this.#source.resume()
  }

  readonly #end = (): void => {
    if (this.#isOver || this.#isDone) return
    if (this.#bodyBytes !== null && this.#sentBytes < this.#bodyBytes) {
      this.#cut(new Error('the request body is shorter than it says'))
      return
    }
    this.#isDone = true
    this.#writeHead()
    if (this.#bodyBytes === null) this.#socket.write('0\r\n\r\n', 'latin1')
    this.#watch.onProgress()
  }

  readonly #cut = (error?: Error): void => {
    if (this.#isOver || this.#isDone) return
    this.stop()
    this.#watch.onCut(error ?? new Error('the request body broke off'))
  }
}
