import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { lowPort } from '../support/low-port.ts'
import { RedisServer } from '../support/redis.ts'
import type { Span } from './bound.ts'
import type { Fault } from './plan.ts'

const execute = promisify(execFile)

/** A Redis that is broken and mended; what it lost and when is kept. */
export class Breaker {
  readonly losses: Span[] = []
  #redis: RedisServer

  private constructor(redis: RedisServer) {
    this.#redis = redis
  }

  static async start(): Promise<Breaker> {
    const redis = new RedisServer(await lowPort(), {})
    await redis.answering()
    return new Breaker(redis)
  }

  get url(): string {
    return this.#redis.url
  }

  /** Breaks it, holds it, mends it. @returns when it was well again, in epoch milliseconds */
  async fault({ kind, holdMs }: Fault): Promise<number> {
    const sinceMs = Date.now()
    // Not by `cli`, which would hold up whoever drives the load.
    if (kind === 'flush') await execute('redis-cli', ['-p', `${this.#redis.port}`, 'flushall'])
    if (kind === 'stop') {
      this.#redis.freeze()
      await wait(holdMs)
      this.#redis.thaw()
      return Date.now()
    }
    if (kind === 'kill' || kind === 'restart') await this.#redis.stop(kind === 'kill' ? 'SIGKILL' : 'SIGTERM')
    this.losses.push([sinceMs, Date.now()])
    if (kind !== 'flush') await this.#startAgain(holdMs)
    return Date.now()
  }

  async stop(): Promise<void> {
    await this.#redis.stop()
  }

  async #startAgain(holdMs: number): Promise<void> {
    await wait(holdMs)
    this.#redis = new RedisServer(this.#redis.port, {})
    await this.#redis.answering()
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
