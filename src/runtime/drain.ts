import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '../adapters/log.ts'

export interface DrainParts {
  readonly delayMs: () => number
  readonly graceMs: () => number
  /**
   * Takes no more connections and ends the idle ones, also those that become idle later; resolves when the last one is
   * over. Asked once.
   */
  readonly stop: () => Promise<void>
  /** Cuts what is left. */
  readonly cut: () => void
  readonly inFlight: () => number
  /** Closes everything that is not the data listener. */
  readonly close: () => Promise<void>
  readonly log: Log
}

/** The most that is waited for cut connections to close, and how often that is looked at. */
const SETTLE_MS = 500
const LOOK_MS = 50

/** The orderly end of the process, from the first signal to the last byte. */
export class Drain {
  readonly #parts: DrainParts
  #begun: Promise<void> | null = null

  constructor(parts: DrainParts) {
    this.#parts = parts
  }

  /** From here on readiness is refused, and every reply ends its connection. */
  get isDraining(): boolean {
    return this.#begun !== null
  }

  /**
   * Keeps serving for `delayMs`, so that load balancers can learn of it; then stops accepting and gives what is in flight
   * `graceMs` to finish.
   * @param skipDelay for a person at a terminal: no load balancer is to be told
   * @returns resolves when everything is closed; a second call gives the same promise
   */
  begin(skipDelay: boolean): Promise<void> {
    this.#begun ??= this.#run(skipDelay)
    return this.#begun
  }

  async #run(skipDelay: boolean): Promise<void> {
    const { delayMs, graceMs, cut, inFlight, close, log } = this.#parts
    const [delay, grace] = [skipDelay ? 0 : delayMs(), graceMs()]
    log.info('draining', { delay_ms: delay, grace_ms: grace, in_flight: inFlight() })
    if (delay > 0) await wait(delay)
    if (!(await this.#stopWithin(grace))) {
      log.warn('cut at the end of drain.grace', { in_flight: inFlight() })
      cut()
      await this.#settled()
    }
    await close()
  }

  /** A cut request is over, and tells the audit so, when its socket has closed. */
  async #settled(): Promise<void> {
    for (let waited = 0; this.#parts.inFlight() > 0 && waited < SETTLE_MS; waited += LOOK_MS)
      await wait(LOOK_MS)
  }

  /** @returns whether everything finished in time */
  async #stopWithin(graceMs: number): Promise<boolean> {
    const { stop } = this.#parts
    const end = new AbortController()
    try {
      const deadline = wait(graceMs, false, { signal: end.signal }).catch(() => false)
      return await Promise.race([stop().then(() => true), deadline])
    } finally {
      end.abort()
    }
  }
}
