import type { Socket } from 'node:net'
import type { Exchange } from './exchange.ts'

/** Requests of one connection that may be under way at once. */
export const MAX_AT_ONCE = 8
/** With more than this waiting nothing is read, and so it is not noticed either when the client leaves. */
export const MAX_WAITING = 64

/**
 * Whose turn it is among the pipelined requests of one connection. Without it a single connection would have as many
 * requests at the upstream as fit into what was read of it, and a few of them would take every place there. Those beyond
 * wait in the order they came, and when they are many, nothing more is read.
 */
export class Turns {
  readonly #socket: Socket
  readonly #underWay = new Set<Exchange>()
  readonly #waiting = new Map<Exchange, () => void>()
  #isHolding = false

  constructor(socket: Socket) {
    this.#socket = socket
    // Node reads on behind each message, whoever has paused.
    socket.on('resume', () => this.#holdBack())
  }

  /** @returns null when it may go on at once; else it waits, for good if it is over before its turn */
  take(exchange: Exchange): Promise<void> | null {
    if (this.#underWay.size < MAX_AT_ONCE) {
      this.#underWay.add(exchange)
      return null
    }
    return new Promise((resolve) => {
      this.#waiting.set(exchange, resolve)
      this.#holdBack()
    })
  }

  /** It is over, whether its turn has come or not. */
  leave(exchange: Exchange): void {
    this.#waiting.delete(exchange)
    if (!this.#underWay.delete(exchange)) return
    for (const [next, go] of this.#waiting) {
      this.#waiting.delete(next)
      this.#underWay.add(next)
      go()
      break
    }
    if (!this.#isHolding || this.#waiting.size > MAX_WAITING) return
    this.#isHolding = false
    this.#socket.resume()
  }

  #holdBack(): void {
    if (this.#waiting.size <= MAX_WAITING) return
    this.#isHolding = true
    this.#socket.pause()
  }
}
