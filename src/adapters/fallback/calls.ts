import { StoreError } from '../redis/store-error.ts'

export interface CallsOptions {
  /** The longest that anybody waits for a call. */
  readonly deadlineMs: number
  /** The most calls under way at once. */
  readonly maxPending: number
}

interface Pending {
  readonly dueMs: number
  readonly expire: () => void
}

/**
 * Calls to a store that may never answer. One timer for all of them: each has the same time, so the oldest is due first.
 * Timed on the monotonic clock.
 */
export class Calls {
  readonly #options: CallsOptions
  readonly #pending = new Set<Pending>()
  #timer: NodeJS.Timeout | null = null

  constructor(options: CallsOptions) {
    this.#options = options
  }

  get isFull(): boolean {
    return this.#pending.size >= this.#options.maxPending
  }

  /**
   * The call's value; or, when it fails with a StoreError or takes longer than `deadlineMs`, what `failed` tells or
   * throws instead. What comes later is not looked at.
   */
  within<T>(call: Promise<T>, failed: (error: StoreError) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const instead = (error: unknown): void => {
        try {
          // A mistake of ours is no failure of the store: it refuses the request.
          if (!(error instanceof StoreError)) throw error
          resolve(failed(error))
        } catch (thrown) {
          reject(thrown)
        }
      }
      const pending: Pending = {
        dueMs: performance.now() + this.#options.deadlineMs,
        expire: () => instead(new StoreError('timeout', `no answer within ${this.#options.deadlineMs} ms`)),
      }
      this.#begin(pending)
      call.then(
        (value) => {
          if (this.#pending.delete(pending)) resolve(value)
        },
        (error) => {
          if (this.#pending.delete(pending)) instead(error)
        },
      )
    })
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #begin(pending: Pending): void {
    this.#pending.add(pending)
    if (this.#timer === null) this.#wait(this.#options.deadlineMs)
  }

  /** Expired only after what has arrived was read: after a pause of this process its timers run first. */
  #wait(ms: number): void {
    this.#timer = setTimeout(() => setImmediate(() => this.#expire()), ms)
  }

  #expire(): void {
    if (this.#timer === null) return
    this.#timer = null
    const nowMs = performance.now()
    for (const pending of this.#pending) {
      if (pending.dueMs > nowMs) {
        this.#wait(Math.ceil(pending.dueMs - nowMs))
        return
      }
      this.#pending.delete(pending)
      pending.expire()
    }
  }
}
