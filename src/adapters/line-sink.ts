import { close, write, writeSync } from 'node:fs'

export interface SinkOptions {
  /** What the operator calls it: `stdout` or the path. */
  readonly name: string
  /** Opens the file descriptor. @throws Error of the file system */
  readonly open: () => number
  /** Bytes kept for a sink that cannot keep up; more is dropped and counted. */
  readonly maxQueuedBytes: number
  /** The line that stands for `dropped` lines. */
  readonly gap: (dropped: number) => string
  /** Told once when writing begins to fail, and with null when it works again. */
  readonly onProblem: (sink: string, problem: string | null) => void
}

/** Lines are written in batches of about this size: a write goes through another thread, which costs as much as dozens of records. */
const BATCH_BYTES = 65_536
/** A reader that is slow: tried again soon. Other failures wait for the next `tick`. */
const BUSY_RETRY_MS = 10
const LAST_STANDARD_FD = 2

/**
 * Lines on their way to one file descriptor. Nothing here waits or throws: what cannot be written in time is counted and
 * told later. pino's own destination is not used: at exit it waits for ever for a disk that is full, and after EPIPE it
 * is deaf; here both end with the process or with the fault.
 */
export class LineSink {
  readonly #options: SinkOptions
  readonly #queue: Buffer[] = []
  #fd: number
  /** To be closed once what is being written is out. */
  #retiredFd: number | null = null
  /** Lines turn into bytes as they come: kept as text, their pieces would be copied by every collection until the write. */
  readonly #batch = Buffer.allocUnsafeSlow(BATCH_BYTES)
  #batchBytes = 0
  #batchLines = 0
  #queuedBytes = 0
  #dropped = 0
  #droppedInAll = 0
  #problem: string | null = null
  #writing = false
  #retry: NodeJS.Timeout | null = null
  #onIdle: (() => void) | null = null

  /** @throws Error when it cannot be opened */
  constructor(options: SinkOptions) {
    this.#options = options
    this.#fd = options.open()
  }

  get name(): string {
    return this.#options.name
  }

  get problem(): string | null {
    return this.#problem
  }

  /** Lines lost since the start. */
  get dropped(): number {
    return this.#droppedInAll
  }

  /** @param line one character for each byte, such as ASCII; ended by a line feed */
  write(line: string): void {
    if (line.length > BATCH_BYTES - this.#batchBytes) this.tick()
    if (line.length > BATCH_BYTES) {
      this.#handOn(Buffer.from(line, 'latin1'), 1)
      return
    }
    this.#batchBytes += this.#batch.write(line, this.#batchBytes, 'latin1')
    this.#batchLines++
  }

  /** Hands on what has gathered, and tries again what failed: to be called a few times a second. */
  tick(): void {
    this.#handOn(this.#takeBatch(), this.#batchLines)
    this.#batchLines = 0
  }

  /** Opens the file anew, for whoever has rotated it. On failure the old one stays. */
  reopen(): void {
    this.tick()
    try {
      const fd = this.#options.open()
      const old = this.#fd
      this.#fd = fd
      if (this.#writing && this.#retiredFd === null) this.#retiredFd = old
      else closeQuietly(old)
    } catch (error) {
      this.#failed(error)
    }
  }

  /** @returns when everything is written and closed, at the latest after `timeoutMs` */
  async close(timeoutMs: number): Promise<void> {
    this.tick()
    if (this.#queue.length > 0) await this.#idle(timeoutMs)
    if (this.#retry !== null) clearTimeout(this.#retry)
    if (!this.#writing) closeQuietly(this.#fd)
  }

  /** For a process that must end now: one try, never a wait. */
  flushNow(): void {
    if (this.#batchBytes > 0) this.#queue.push(this.#takeBatch())
    try {
      // What is being written by another thread is left to it.
      for (const bytes of this.#queue.slice(this.#writing ? 1 : 0)) writeSync(this.#fd, bytes)
    } catch (error) {
      this.#failed(error)
    }
    this.#queue.length = 0
  }

  #takeBatch(): Buffer {
    const bytes = Buffer.from(this.#batch.subarray(0, this.#batchBytes))
    this.#batchBytes = 0
    return bytes
  }

  #handOn(bytes: Buffer, lines: number): void {
    if (!this.#tellGap() || !this.#enqueue(bytes)) {
      this.#dropped += lines
      this.#droppedInAll += lines
    }
    this.#writeNext()
  }

  #idle(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const retry = setInterval(() => this.#writeNext(), BUSY_RETRY_MS)
      const timer = setTimeout(() => this.#onIdle?.(), timeoutMs)
      this.#onIdle = () => {
        clearInterval(retry)
        clearTimeout(timer)
        this.#onIdle = null
        resolve()
      }
    })
  }

  /** The gap goes in front of what follows it, in the order of time. @returns false while there is one to tell */
  #tellGap(): boolean {
    if (this.#dropped === 0) return true
    // Not before half of the queue has drained: else a slow sink would be told of a gap for every batch.
    if (this.#queuedBytes > this.#options.maxQueuedBytes / 2) return false
    if (!this.#enqueue(Buffer.from(this.#options.gap(this.#dropped), 'latin1'))) return false
    this.#dropped = 0
    return true
  }

  #enqueue(bytes: Buffer): boolean {
    if (bytes.length === 0) return true
    if (this.#queuedBytes + bytes.length > this.#options.maxQueuedBytes) return false
    this.#queue.push(bytes)
    this.#queuedBytes += bytes.length
    return true
  }

  #writeNext(): void {
    const bytes = this.#queue[0]
    if (this.#writing || bytes === undefined) return
    this.#writing = true
    write(this.#fd, bytes, 0, bytes.length, null, (error, written) => {
      this.#writing = false
      this.#closeRetired()
      if (error !== null) this.#failed(error)
      else this.#written(bytes, written)
    })
  }

  #written(bytes: Buffer, count: number): void {
    this.#queuedBytes -= count
    if (count === bytes.length) this.#queue.shift()
    else this.#queue[0] = bytes.subarray(count)
    if (this.#problem !== null) {
      this.#problem = null
      this.#options.onProblem(this.name, null)
    }
    if (this.#queue.length > 0) this.#writeNext()
    else this.#onIdle?.()
  }

  #failed(error: unknown): void {
    if (isBusy(error)) {
      this.#retry ??= setTimeout(() => {
        this.#retry = null
        this.#writeNext()
      }, BUSY_RETRY_MS).unref()
      return
    }
    const isNew = this.#problem === null
    this.#problem = error instanceof Error ? error.message : String(error)
    if (isNew) this.#options.onProblem(this.name, this.#problem)
    this.#onIdle?.()
  }

  #closeRetired(): void {
    if (this.#retiredFd === null) return
    closeQuietly(this.#retiredFd)
    this.#retiredFd = null
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EBUSY')

/** Nothing can be done about a close that fails; the descriptor is gone either way (close(2)). */
function closeQuietly(fd: number): void {
  if (fd > LAST_STANDARD_FD) close(fd, () => undefined)
}
