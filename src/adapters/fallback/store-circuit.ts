export type SharedStoreStateName = 'closed' | 'open' | 'half_open'

/** How it stands with the shared store. */
export interface SharedStoreState {
  /** `closed`: in use. `open`: given up for now. `half_open`: just being tried. */
  readonly name: SharedStoreStateName
  /** Epoch milliseconds at which it was last given up or taken back. For people: nothing is timed by it. */
  readonly sinceMs: number
  /** Calls and trials that failed, since the process was started. */
  readonly failures: number
  /** What the last of them met; null when there was none. Without control characters, and short. */
  readonly lastProblem: string | null
}

export interface StoreCircuitOptions {
  /** One trial of the store. It rejects when the store is not fit for use, and always ends. */
  readonly probe: () => Promise<void>
  /** Told when the store is given up and when it is taken back; not of trials in between. */
  readonly onChange: (state: SharedStoreState) => void
}

const FIRST_PROBE_MS = 250
/** With the trial itself it heals well within 10 s. */
const LAST_PROBE_MS = 5000
/** A store that fails again so soon is tried no sooner than before: it must not come and go four times a second. */
const STEADY_MS = 10_000
const MAX_PROBLEM_CHARS = 200
const CONTROL = /\p{Cc}|[\u2028\u2029]/gu

/**
 * Opens at the first failure: the store is one thing, and waiting for it again costs the next request as much. Then it
 * tries by itself at growing intervals, so no request has to be the trial. Timed on the monotonic clock.
 */
export class StoreCircuit {
  readonly #options: StoreCircuitOptions
  #name: SharedStoreStateName = 'closed'
  #epoch = 0
  #sinceMs = Date.now()
  #failures = 0
  #lastProblem: string | null = null
  #waitMs = FIRST_PROBE_MS
  #closedAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | null = null
  #isOver = false

  constructor(options: StoreCircuitOptions) {
    this.#options = options
  }

  get isClosed(): boolean {
    return this.#name === 'closed'
  }

  /** Names the time since the last change: what was begun before it says nothing of the store after it. */
  get epoch(): number {
    return this.#epoch
  }

  state(): SharedStoreState {
    return {
      name: this.#name,
      sinceMs: this.#sinceMs,
      failures: this.#failures,
      lastProblem: this.#lastProblem,
    }
  }

  /** A call that was begun in this epoch has failed. */
  failed(problem: string, epoch: number): void {
    this.#note(problem)
    if (this.#name === 'closed' && epoch === this.#epoch) this.#open()
  }

  /** Tries the store now. Never rejects. */
  async tryNow(): Promise<void> {
    if (this.#isOver || this.#name === 'half_open') return
    const wasClosed = this.#name === 'closed'
    const epoch = this.#epoch
    if (!wasClosed) this.#name = 'half_open'
    try {
      await this.#options.probe()
      if (!wasClosed) this.#close()
    } catch (error) {
      const problem = error instanceof Error ? error.message : 'a trial failed'
      if (wasClosed) this.failed(problem, epoch)
      else this.#reopen(problem)
    }
  }

  /** Stops trying. */
  close(): void {
    this.#isOver = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #note(problem: string): void {
    this.#failures += 1
    this.#lastProblem = problem.slice(0, MAX_PROBLEM_CHARS).replace(CONTROL, '\ufffd')
  }

  #open(): void {
    const isSteady = performance.now() - this.#closedAt >= STEADY_MS
    this.#waitMs = isSteady ? FIRST_PROBE_MS : longer(this.#waitMs)
    this.#name = 'open'
    this.#changed()
    this.#tryLater()
  }

  #reopen(problem: string): void {
    this.#note(problem)
    this.#name = 'open'
    this.#waitMs = longer(this.#waitMs)
    this.#tryLater()
  }

  #close(): void {
    this.#name = 'closed'
    this.#closedAt = performance.now()
    this.#changed()
  }

  #changed(): void {
    this.#epoch += 1
    this.#sinceMs = Date.now()
    this.#options.onChange(this.state())
  }

  #tryLater(): void {
    if (this.#isOver) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.tryNow(), this.#waitMs)
    this.#timer.unref()
  }
}

function longer(waitMs: number): number {
  return Math.min(2 * waitMs, LAST_PROBE_MS)
}
