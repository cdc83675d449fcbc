import type { BucketState, Limit, Window } from '../../core/limits.ts'
import { type Buckets, MISSING } from './buckets.ts'
import { Calendar } from './calendar.ts'
import { Cell } from './cells.ts'
import type { QuotaJournal } from './quotas.ts'
import { addWarnings, placeOf, windowRefund, windowResetMs, windowTake, windowWaitMs } from './window.ts'

/** Counts in all windows of one bucket. Whether a charge may go through is decided by who calls. */
export class Tally {
  /** Index of the window that the last `waitMs` above 0 was about. */
  waitingWindow = 0
  /** Told of each change of a quota, where quotas outlive the process. */
  journal: QuotaJournal | null = null
  readonly #buckets: Buckets
  readonly #calendar = new Calendar()
  readonly #cell = new Cell()
  readonly #copy = new Cell()
  #fullMs = 0

  constructor(buckets: Buckets) {
    this.#buckets = buckets
  }

  /**
   * Milliseconds until every window has room for `cost`, 0 when they have it now. A cost above the `max` of a window
   * never fits, and the answer is then the time in which the window empties.
   * @param bucket MISSING for one in which nothing was counted
   */
  waitMs(bucket: number, limit: Limit, cost: number, nowMs: number): number {
    let longestMs = 0
    for (let i = 0; i < limit.windows.length; i++) {
      const window = limit.windows[i] as Window
      const cell = this.#view(bucket, limit, i)
      const waitMs = windowWaitMs(cell, this.#calendar, window, cost, nowMs)
      if (waitMs <= longestMs) continue
      longestMs = waitMs
      this.waitingWindow = i
    }
    return longestMs
  }

  /** Counts `cost` in every window, and adds to `warnings` what shares of a quota were reached. */
  take(bucket: number, limit: Limit, cost: number, nowMs: number, warnings: string[]): BucketState {
    let expiresMs = 0
    let hasQuota = false
    for (let i = 0; i < limit.windows.length; i++) {
      const window = limit.windows[i] as Window
      const number = this.#buckets.openCell(bucket, placeOf(limit, i))
      const cell = this.#buckets.cells.view(this.#cell, number)
      windowTake(cell, this.#calendar, window, cost, nowMs)
      addWarnings(cell, limit, window, warnings)
      hasQuota = hasQuota || window.kind === 'calendar'
      expiresMs = Math.max(expiresMs, nowMs + windowResetMs(cell, this.#calendar, window, nowMs))
    }
    this.#buckets.keep(bucket, expiresMs, hasQuota)
    if (hasQuota) this.journal?.mark(bucket)
    return this.#mark(bucket, limit, nowMs, null)
  }

  /** Gives back what was taken at `atMs`. */
  refund(bucket: number, limit: Limit, cost: number, atMs: number): void {
    for (let i = 0; i < limit.windows.length; i++) {
      const cell = this.#view(bucket, limit, i)
      if (cell !== null) windowRefund(cell, this.#calendar, limit.windows[i] as Window, cost, atMs)
    }
    if (this.#buckets.holdsQuota(bucket)) this.journal?.mark(bucket)
    // The time of the refund is past: looking at the bucket itself at that time would set its clock back.
    this.#mark(bucket, limit, atMs, this.#copy)
  }

  /** What is left, by the tightest window. Changes nothing, whatever time it is asked about. */
  read(bucket: number, limit: Limit, nowMs: number): BucketState {
    return this.#state(bucket, limit, nowMs, this.#copy)
  }

  /** What is left by one window alone. Changes nothing. */
  readWindow(bucket: number, limit: Limit, index: number, nowMs: number): BucketState {
    const window = limit.windows[index] as Window
    const cell = copied(this.#view(bucket, limit, index), this.#copy)
    if (cell === null) return { remaining: window.max, resetMs: 0, window: index }
    // The reset settles the cell, so that its total is the one of now.
    const resetMs = windowResetMs(cell, this.#calendar, window, nowMs)
    return { remaining: Math.max(0, window.max - cell.total), resetMs, window: index }
  }

  /** Says what is left, and has the bucket kept while it is at its limit. */
  #mark(bucket: number, limit: Limit, nowMs: number, copy: Cell | null): BucketState {
    const state = this.#state(bucket, limit, nowMs, copy)
    this.#buckets.mark(bucket, this.#fullMs === 0 ? 0 : nowMs + this.#fullMs)
    return state
  }

  #state(bucket: number, limit: Limit, nowMs: number, copy: Cell | null): BucketState {
    const state = { remaining: Number.POSITIVE_INFINITY, resetMs: 0, window: 0 }
    this.#fullMs = 0
    for (let i = 0; i < limit.windows.length; i++) {
      const window = limit.windows[i] as Window
      const cell = copied(this.#view(bucket, limit, i), copy)
      // The wait settles the cell, so that its total is the one of now.
      const fullMs = windowWaitMs(cell, this.#calendar, window, 1, nowMs)
      this.#fullMs = Math.max(this.#fullMs, fullMs)
      const remaining = cell === null ? window.max : Math.max(0, window.max - cell.total)
      const resetMs = cell === null ? 0 : windowResetMs(cell, this.#calendar, window, nowMs)
      if (!isTighter(remaining, resetMs, state)) continue
      state.remaining = remaining
      state.resetMs = resetMs
      state.window = i
    }
    return state
  }

  #view(bucket: number, limit: Limit, index: number): Cell | null {
    const number = bucket === MISSING ? 0 : this.#buckets.cell(bucket, placeOf(limit, index))
    return number === 0 ? null : this.#buckets.cells.view(this.#cell, number)
  }
}

function copied(cell: Cell | null, copy: Cell | null): Cell | null {
  if (cell === null || copy === null) return cell
  copy.copy(cell)
  return copy
}

/** Of two windows that leave the same, the one that takes longer to come back is the one to heed. */
function isTighter(remaining: number, resetMs: number, state: BucketState): boolean {
  return remaining < state.remaining || (remaining === state.remaining && resetMs > state.resetMs)
}
