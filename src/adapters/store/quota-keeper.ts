import { setImmediate } from 'node:timers/promises'
import type { QuotaJournal } from '../counters/quotas.ts'
import { problemOf } from './problem.ts'
import type { QuotaTable } from './quota-table.ts'

export interface QuotaKeeperOptions {
  readonly journal: QuotaJournal
  readonly table: QuotaTable
  readonly nowMs: () => number
  /** Told when writing begins to fail, and with null when it works again. */
  readonly onProblem: (problem: string | null) => void
}

export interface StoreState {
  /** Why counts cannot be written, or null. */
  readonly problem: string | null
  /** Buckets whose counts have changed since they were last written. */
  readonly unwritten: number
  /** Counts that were evicted while nothing could be written. */
  readonly lost: number
}

/** Less than the second that a kill may cost, with room for the writing itself. */
const WRITE_MS = 300
/** A store that fails is asked less often, as each try may hold up requests. */
const RETRY_MS = 1000
/** SQLite writes on the thread that serves requests: so many rows take a few milliseconds. */
const SLICE = 500
const CLEAN_MS = 60_000

/** Writes the counts of quotas behind the requests. A failure is told and tried again; counting goes on. */
export class QuotaKeeper {
  #problem: string | null = null
  #writing: Promise<void> | null = null
  #retryAtMs = 0
  #cleanAtMs = 0
  readonly #options: QuotaKeeperOptions
  readonly #timer: NodeJS.Timeout

  constructor(options: QuotaKeeperOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#tick(), WRITE_MS)
    this.#timer.unref()
  }

  state(): StoreState {
    const { size, lost } = this.#options.journal
    return { problem: this.#problem, unwritten: size, lost }
  }

  /** Writes all that has changed until now. Never rejects; `state` tells how it went. */
  flush(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null
    })
    return this.#writing
  }

  /** A bucket that a request asked for could not be read: told like a failed write, and once. */
  readFailed(error: unknown): void {
    this.#retryAtMs = performance.now() + RETRY_MS
    this.#tell(problemOf(error))
  }

  /** Writes what is left. Afterwards the database may be closed. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
    // The first may have been under way already, and have begun before the last charges.
    if (this.#options.journal.size > 0) await this.flush()
  }

  #tick(): void {
    // A monotonic clock: a step of the other one must not stop the writing.
    const uptimeMs = performance.now()
    if (uptimeMs < this.#retryAtMs) return
    if (this.#options.journal.size > 0 || uptimeMs >= this.#cleanAtMs) void this.flush()
  }

  async #write(): Promise<void> {
    try {
      await this.#forget()
      await this.#writeCounts()
      await this.#clean()
      this.#tell(null)
    } catch (error) {
      this.#retryAtMs = performance.now() + RETRY_MS
      this.#tell(problemOf(error))
    }
  }

  async #forget(): Promise<void> {
    const { journal, table } = this.#options
    const keys = journal.forgotten(SLICE)
    if (keys.length === 0) return
    await table.forget(keys)
    journal.forgot(keys)
  }

  async #writeCounts(): Promise<void> {
    const { journal, table } = this.#options
    journal.begin()
    for (;;) {
      const counts = journal.next(SLICE)
      if (counts.length === 0) return
      try {
        await table.write(counts)
      } catch (error) {
        journal.failed(counts)
        throw error
      }
      journal.written(counts)
      // Requests go in between.
      await setImmediate()
    }
  }

  /** A slice at a time: the next tick goes on while there is more. */
  async #clean(): Promise<void> {
    if (performance.now() < this.#cleanAtMs) return
    const deleted = await this.#options.table.deleteOld(this.#options.nowMs(), SLICE)
    if (deleted < SLICE) this.#cleanAtMs = performance.now() + CLEAN_MS
  }

  #tell(problem: string | null): void {
    if (problem === this.#problem) return
    this.#problem = problem
    this.#options.onProblem(problem)
  }
}
