import { Redis, type RedisOptions } from 'ioredis'

/**
 * A client that goes on until it is told to end. ioredis ends for ever when sentinels tell of a failover just while it
 * asks them for the server: its connector is told to stop, and takes that for the wish of whoever owns it.
 */
export class SteadyRedis extends Redis {
  #isOver = false
  #timer: NodeJS.Timeout | null = null

  /** @param delayMs for each attempt, in a row from 1 */
  constructor(options: RedisOptions, delayMs: (attempt: number) => number) {
    super({ ...options, replyMapping: 'legacy' })
    this.on('end', () => {
      if (this.#isOver) return
      // What fails is told by an `error` event; another `end` comes after it.
      this.#timer = setTimeout(() => void this.connect().catch(() => undefined), delayMs(1))
    })
  }

  override disconnect(reconnect = false): void {
    if (!reconnect) {
      this.#isOver = true
      if (this.#timer !== null) clearTimeout(this.#timer)
    }
    super.disconnect(reconnect)
  }
}
