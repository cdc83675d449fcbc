import type { WriteStream } from 'node:tty'
import type { Output } from './command.ts'

/** What a command answers on, and whether all of it was written. */
export class Answer implements Output {
  readonly isTTY: boolean
  readonly #stream: NodeJS.WritableStream
  #failure: Error | null = null
  #written: Promise<void> = Promise.resolve()

  constructor(stream: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY'>>) {
    this.#stream = stream
    this.isTTY = stream.isTTY === true
    // Each write is told of its own failure; without this the first one would end the process.
    stream.on('error', () => undefined)
  }

  write(text: string): void {
    this.#written = new Promise((resolve) => {
      this.#stream.write(text, (error) => {
        this.#failure ??= error ?? null
        resolve()
      })
    })
  }

  /**
   * Waits until all is written.
   * @returns why it could not be; null also when its reader is gone (`| head`), which is no failure of the program
   */
  async failure(): Promise<string | null> {
    await this.#written
    const failure = this.#failure
    if (failure === null || ('code' in failure && failure.code === 'EPIPE')) return null
    return failure.message
  }
}
