import { Readable } from 'node:stream'
import type { ByteStream } from '../../core/upstream.ts'

/**
 * A request body on its way to undici, which destroys what it reads from when an upload ends early. The client's own
 * stream must live on then, or its reply could not be written any more: so undici gets this in its place. Whatever
 * has not been read stays in the client's stream, which is left paused.
 */
export class Upload extends Readable {
  readonly #source: Readable
  readonly #onCut: (error: Error) => void
  #isReading = false

  /** @param onCut the client's stream broke off before its end */
  constructor(source: ByteStream, onCut: (error: Error) => void) {
    super()
    this.#source = source instanceof Readable ? source : Readable.from(source)
    this.#onCut = onCut
    this.#source.on('error', this.#cut).on('close', this.#cut)
    if (this.#source.destroyed && !this.#source.readableEnded) queueMicrotask(this.#cut)
  }

  override _read(): void {
    if (!this.#isReading) {
      this.#isReading = true
      this.#source.on('data', this.#take).on('end', this.#end)
      if (this.#source.readableEnded) this.#end()
    }
    this.#source.resume()
  }

  /** Why it was ended is told elsewhere: an `error` event of this stream would find no listener. */
  override _destroy(_error: Error | null, done: (error?: Error | null) => void): void {
    this.#source.off('data', this.#take).off('end', this.#end).off('close', this.#cut)
    this.#source.pause()
    done()
  }

  readonly #take = (chunk: Uint8Array): void => {
    if (!this.push(chunk)) this.#source.pause()
  }

  readonly #end = (): void => {
    if (!this.readableEnded && !this.destroyed) this.push(null)
  }

  readonly #cut = (error?: Error): void => {
    if (this.destroyed || this.#source.readableEnded) return
    this.#onCut(error ?? new Error('the request body broke off'))
  }
}
