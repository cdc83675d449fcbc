import { createHash } from 'node:crypto'
import type { RedisClient } from './connection.ts'
import { StoreError } from './store-error.ts'
import { isNoScript, storeErrorOf } from './trouble.ts'

/** Calls sent and not answered yet, those included that nobody waits for any more. */
const MAX_PENDING = 10_000

interface Call {
  /** How many keys, the keys, the arguments. */
  readonly args: readonly (string | number)[]
  readonly resolve: (reply: unknown) => void
  readonly reject: (error: StoreError) => void
}

interface Answer {
  readonly error: unknown
  readonly reply: unknown
}

/**
 * Runs one script. What is asked for in one turn of the event loop goes out in one write and comes back in one: requests
 * that come at the same time share the way to Redis.
 */
export class ScriptRunner {
  readonly #client: RedisClient
  readonly #source: string
  readonly #hash: string
  readonly #timeoutMs: number
  #waiting: Call[] = []
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
  run(keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    if (this.#client.status !== 'ready') return refusal('unreachable', 'no connection to Redis')
    if (this.#pending >= MAX_PENDING) return refusal('busy', 'too much is asked of Redis already')
    this.#pending += 1
    return new Promise((resolve, reject) => {
      this.#waiting.push({ args: [keys.length, ...keys, ...args], resolve, reject })
      if (this.#waiting.length === 1) setImmediate(() => this.#flush())
    })
  }

  #flush(): void {
    const calls = this.#waiting
    this.#waiting = []
    // After a pause of this process timers come before sockets: what has been answered meanwhile must be read first.
    const late = (): void => void setImmediate(() => expire(calls, this.#timeoutMs))
    const timer = setTimeout(late, this.#timeoutMs)
    const over = (): void => {
      clearTimeout(timer)
      this.#pending -= calls.length
    }
    this.#send(calls).then(over, (error: unknown) => {
      over()
      for (const call of calls) call.reject(storeErrorOf(error))
    })
  }

  /** A flushed server knows no script: it did nothing then, so those calls are sent again, the source with the first. */
  async #send(calls: readonly Call[]): Promise<void> {
    const again = settle(calls, await this.#pipeline(calls, false), isNoScript)
    if (again.length > 0) settle(again, await this.#pipeline(again, true), () => false)
  }

  async #pipeline(calls: readonly Call[], withSource: boolean): Promise<Answer[]> {
    if (this.#client.status !== 'ready') throw new StoreError('unreachable', 'no connection to Redis')
    const pipeline = this.#client.pipeline()
    for (const [i, { args }] of calls.entries()) {
      const [count, ...rest] = args as [number, ...(string | number)[]]
      if (withSource && i === 0) pipeline.eval(this.#source, count, ...rest)
      else pipeline.evalsha(this.#hash, count, ...rest)
    }
    const results = await pipeline.exec()
    if (results === null || results.length !== calls.length)
      throw new StoreError('reply', 'Redis left out answers')
    return results.map(([error, reply]) => ({ error, reply }))
  }
}

/** @returns the calls that have to be repeated */
function settle(
  calls: readonly Call[],
  answers: readonly Answer[],
  isToRepeat: (error: unknown) => boolean,
): Call[] {
  const again: Call[] = []
  for (const [i, { error, reply }] of answers.entries()) {
    const call = calls[i] as Call
    if (error === null) call.resolve(reply)
    else if (isToRepeat(error)) again.push(call)
    else call.reject(storeErrorOf(error))
  }
  return again
}

function refusal(trouble: StoreError['trouble'], message: string): Promise<never> {
  return Promise.reject(new StoreError(trouble, message))
}

function expire(calls: readonly Call[], timeoutMs: number): void {
  const error = new StoreError('timeout', `no answer from Redis within ${timeoutMs} ms`)
  for (const call of calls) call.reject(error)
}
