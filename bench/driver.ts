import { connect, type Socket } from 'node:net'
import { Histogram } from './histogram.ts'
import { type Reply, ReplyParser } from './parser.ts'

export interface Target {
  readonly port: number
  readonly connections: number
  /** Whole requests as bytes, sent in turn. */
  readonly requests: readonly Buffer[]
  /** A 200 with another body length counts as a failure. */
  readonly bodyBytes: number
}

export interface Tally {
  readonly requests: number
  readonly failures: number
  readonly elapsedMs: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const idleTimeoutMs = 5000
const reconnectDelayMs = 20
/** Past this, a connection whose reply does not come is cut. */
const drainMs = 2000
const maxFailures = 10_000

/**
 * Closed-loop load from one process: each connection sends its next request when the reply to the last is
 * complete. A reply that is not the expected 200, a broken connection and a silence of 5 s are failures;
 * after 10,000 of them a connection that ends is not opened again.
 */
export class Driver {
  readonly #target: Target
  readonly #sockets = new Set<Socket>()
  readonly #latency = new Histogram()
  #failures = 0
  #next = 0
  #since = 0
  #stopping = false
  readonly #drained = Promise.withResolvers<void>()

  constructor(target: Target) {
    if (target.requests.length === 0) throw new Error('the driver needs at least one request')
    this.#target = target
  }

  start(): void {
    for (let i = 0; i < this.#target.connections; i++) this.#open()
    this.reset()
  }

  /** Starts a new measuring window: what was counted so far is forgotten. */
  reset(): void {
    this.#latency.reset()
    this.#failures = 0
    this.#since = performance.now()
  }

  tally(): Tally {
    return {
      requests: this.#latency.total,
      failures: this.#failures,
      elapsedMs: performance.now() - this.#since,
      p50Ms: this.#latency.percentileMs(0.5),
      p99Ms: this.#latency.percentileMs(0.99),
    }
  }

  /**
   * Lets each connection have the reply it waits for, and ends it then. Cutting them would time how a contender
   * takes 64 aborts at once: code that has just been optimised for the other case is thrown away by it.
   */
  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#sockets.size === 0) return
    const deadline = setTimeout(() => this.#cut(), drainMs)
    await this.#drained.promise
    clearTimeout(deadline)
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #open(): void {
    if (this.#stopping || this.#failures >= maxFailures) return
    const socket = connect({ port: this.#target.port, host: '127.0.0.1', noDelay: true })
    let sentAt = 0
    const send = () => {
      sentAt = performance.now()
      socket.write(this.#nextRequest())
    }
    const parser = new ReplyParser((reply) => {
      this.#count(reply, performance.now() - sentAt)
      if (this.#stopping || !reply.keepAlive) socket.destroy()
      else send()
    })
    this.#sockets.add(socket)
    this.#watch(socket, parser)
    socket.once('connect', send)
  }

  /** Whatever ends a connection other than `stop` or an announced close is one failure. */
  #watch(socket: Socket, parser: ReplyParser): void {
    const breakOff = () => {
      if (socket.destroyed) return
      this.#failures += 1
      socket.destroy()
    }
    socket.setTimeout(idleTimeoutMs, breakOff)
    socket.on('data', (chunk: Buffer) => guarded(() => parser.push(chunk), breakOff))
    socket.on('end', () => {
      guarded(() => parser.end(), breakOff)
      breakOff()
    })
    socket.on('error', () => {
      this.#failures += 1
    })
    socket.on('close', () => {
      this.#sockets.delete(socket)
      if (!this.#stopping) setTimeout(() => this.#open(), reconnectDelayMs)
      else if (this.#sockets.size === 0) this.#drained.resolve()
    })
  }

  #nextRequest(): Buffer {
    const { requests } = this.#target
    const request = requests[this.#next % requests.length] ?? Buffer.alloc(0)
    this.#next += 1
    return request
  }

  #count(reply: Reply, ms: number): void {
    if (reply.status === 200 && reply.bodyBytes === this.#target.bodyBytes) this.#latency.record(ms)
    else this.#failures += 1
  }
}

function guarded(step: () => void, onBroken: () => void): void {
  try {
    step()
  } catch {
    onBroken()
  }
}
