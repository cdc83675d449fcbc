import { StoreError } from '../redis/store-error.ts'

export interface CallsOptions {
  /** The longest that anybody waits for a call. */
  readonly deadlineMs: number
  /** The most calls under way at once. */
  readonly maxPending: number
}

/**
 * A call under way, in a list of all of them. Linked by hand: a Set keeps its members in a table that the collector takes
 * for old, and with it everything they hold, long after they are deleted.
 */
class Pending {
  readonly dueMs: number
  readonly #resolve: (value: unknown) => void
  readonly #reject: (error: unknown) => void
  readonly #failed: (error: StoreError) => unknown
  before: Pending | null = null
  after: Pending | null = null
  isOver = false

  constructor(
    dueMs: number,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
    failed: (error: StoreError) => unknown,
  ) {
    this.dueMs = dueMs
    this.#resolve = resolve
    this.#reject = reject
    this.#failed = failed
  }

  done(value: unknown): void {
    this.#resolve(value)
  }

  instead(error: unknown): void {
    try {
      // A mistake of ours is no failure of the store: it refuses the request.
      if (!(error instanceof StoreError)) throw error
      this.#resolve(this.#failed(error))
    } catch (thrown) {
      this.#reject(thrown)
    }
  }
}

/**
 * Calls to a store that may never answer. One timer for all of them: each has the same time, so the oldest is due first.
 * Timed on the monotonic clock.
 */
export class Calls {
  readonly #options: CallsOptions
  #oldest: Pending | null = null
  #latest: Pending | null = null
  #count = 0
  #timer: NodeJS.Timeout | null = null

  constructor(options: CallsOptions) {
    this.#options = options
  }

  get isFull(): boolean {
    return this.#count >= this.#options.maxPending
  }

  /**
   * The call's value; or, when it fails with a StoreError or takes longer than `deadlineMs`, what `failed` tells or
   * throws instead. What comes later is not looked at.
   */
  within<T>(call: Promise<T>, failed: (error: StoreError) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const dueMs = performance.now() + this.#options.deadlineMs
      const pending = new Pending(dueMs, resolve as (value: unknown) => void, reject, failed)
      this.#begin(pending)
      call.then(
        (value) => {
          if (this.#end(pending)) pending.done(value)
        },
        (error) => {
          if (this.#end(pending)) pending.instead(error)
        },
      )
    })
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #begin(pending: Pending): void {
    pending.before = this.#latest
    if (this.#latest === null) this.#oldest = pending
    else this.#latest.after = pending
    this.#latest = pending
    this.#count += 1
    if (this.#timer === null) this.#wait(this.#options.deadlineMs)
  }

  /** @returns whether it was under way still */
  #end(pending: Pending): boolean {
    if (pending.isOver) return false
    pending.isOver = true
    const { before, after } = pending
    if (before === null) this.#oldest = after
    else before.after = after
    if (after === null) this.#latest = before
    else after.before = before
    pending.before = null
    pending.after = null
    this.#count -= 1
    return true
  }

  /** Expired only after what has arrived was read: after a pause of this process its timers run first. */
  #wait(ms: number): void {
    this.#timer = setTimeout(() => setImmediate(() => this.#expire()), ms)
  }

  #expire(): void {
    if (this.#timer === null) return
    this.#timer = null
    const nowMs = performance.now()
    for (let pending = this.#oldest; pending !== null; pending = this.#oldest) {
      if (pending.dueMs > nowMs) {
        this.#wait(Math.ceil(pending.dueMs - nowMs))
        return
      }
      this.#end(pending)
      pending.instead(new StoreError('timeout', `no answer within ${this.#options.deadlineMs} ms`))
    }
  }
}
