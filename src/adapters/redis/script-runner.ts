import { createHash } from 'node:crypto'
import type { RedisClient } from './connection.ts'
import { type ScriptCall, wordsOf } from './script-call.ts'
import { StoreError } from './store-error.ts'
import { isNoScript, refusedWith, storeErrorOf } from './trouble.ts'

/** Calls sent and not answered yet, those included that nobody waits for any more. */
const MAX_PENDING = 10_000
/** Calls of one run: nobody else is served by Redis while it takes, some 20 microseconds a call. */
const MAX_BATCH = 128

interface Waiting {
  readonly call: ScriptCall
  readonly resolve: (reply: unknown) => void
  readonly reject: (error: StoreError) => void
}

/**
 * Runs the script. What is asked for in one turn of the event loop goes out as one command and comes back as one reply:
 * a command for each request would cost this process more than all the counting.
 */
export class ScriptRunner {
  readonly #client: RedisClient
  readonly #source: string
  readonly #hash: string
  readonly #timeoutMs: number
  #waiting: Waiting[] = []
  #pending = 0

  constructor(client: RedisClient, source: string, timeoutMs: number) {
    this.#client = client
    this.#source = source
    this.#hash = createHash('sha1').update(source).digest('hex')
    this.#timeoutMs = timeoutMs
  }

  /** Calls under way. */
  get pending(): number {
    return this.#pending
  }

  /** @returns what the script answers, not looked at yet; rejects with StoreError, at the latest after the timeout */
  run(call: ScriptCall): Promise<unknown> {
    if (this.#client.status !== 'ready') return refusal('unreachable', 'no connection to Redis')
    if (this.#pending >= MAX_PENDING) return refusal('busy', 'too much is asked of Redis already')
    this.#pending += 1
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, resolve, reject })
      if (this.#waiting.length === 1) setImmediate(() => this.#flush())
    })
  }

  #flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (let i = 0; i < waiting.length; i += MAX_BATCH) this.#sendBatch(waiting.slice(i, i + MAX_BATCH))
  }

  #sendBatch(batch: readonly Waiting[]): void {
    // After a pause of this process timers come before sockets: what has been answered meanwhile must be read first.
    const late = (): void => void setImmediate(() => expire(batch, this.#timeoutMs))
    const timer = setTimeout(late, this.#timeoutMs)
    const over = (): void => {
      clearTimeout(timer)
      this.#pending -= batch.length
    }
    this.#send(batch.map(({ call }) => call)).then(
      (reply) => {
        over()
        settle(batch, reply)
      },
      (error: unknown) => {
        over()
        const problem = storeErrorOf(error)
        for (const { reject } of batch) reject(problem)
      },
    )
  }

  /** A flushed server knows no script: it has done nothing then, and is sent the source. */
  async #send(calls: readonly ScriptCall[]): Promise<unknown> {
    const words = wordsOf(calls)
    try {
      return await this.#client.call('EVALSHA', this.#hash, ...words)
    } catch (error) {
      if (!isNoScript(error)) throw error
      if (this.#client.status !== 'ready') throw new StoreError('unreachable', 'no connection to Redis')
      return await this.#client.call('EVAL', this.#source, ...words)
    }
  }
}

function settle(batch: readonly Waiting[], reply: unknown): void {
  const isWhole = Array.isArray(reply) && reply.length === batch.length
  for (const [i, { resolve, reject }] of batch.entries()) {
    const answer: unknown = isWhole ? reply[i] : null
    if (!isWhole) reject(new StoreError('reply', 'Redis left out answers'))
    else if (typeof answer === 'string') reject(refusedWith(answer))
    else resolve(answer)
  }
}

function refusal(trouble: StoreError['trouble'], message: string): Promise<never> {
  return Promise.reject(new StoreError(trouble, message))
}

function expire(batch: readonly Waiting[], timeoutMs: number): void {
  const error = new StoreError('timeout', `no answer from Redis within ${timeoutMs} ms`)
  for (const { reject } of batch) reject(error)
}
