import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { type BucketState, type Charge, type ChargeResult, checkCost, type Limit } from '../core/limits.ts'
import type { CounterStore } from '../core/ports.ts'
import type { RedisSettings } from '../core/redis.ts'
import { connectRedis, type RedisClient, type TellConnection } from './redis/connection.ts'
import { definitionOf } from './redis/definition.ts'
import { redisKeys } from './redis/keys.ts'
import { chargeReply } from './redis/reply.ts'
import { SCRIPT, type ScriptMode } from './redis/script.ts'
import { ScriptRunner } from './redis/script-runner.ts'
import { StoreError } from './redis/store-error.ts'
import { storeErrorOf } from './redis/trouble.ts'

/** The longest that the end of the connection waits for what is being given back. */
const LAST_REFUNDS_MS = 1000

export interface RedisCountersOptions {
  readonly settings: RedisSettings
  /** Told when the connection is lost and when it works again. */
  readonly onConnection?: TellConnection
  /** `caller` is for tests: what is passed as `nowMs` counts, and not the clock of Redis. */
  readonly clock?: 'redis' | 'caller'
}

/**
 * Counts in Redis, for all processes that share it: exact, one round trip for a call, and nothing comes in between.
 * Everything rejects with StoreError when Redis does not do it; what was asked for may be counted all the same.
 */
export class RedisCounters implements CounterStore {
  readonly #client: RedisClient
  readonly #runner: ScriptRunner
  readonly #keyOf: (bucket: string) => string
  readonly #timeoutMs: number
  readonly #isCallersClock: boolean
  /** When each charge was taken by the clock of Redis: a refund has to name that time. */
  readonly #takenAtMs = new WeakMap<Charge, number>()
  /** Refunds that are not answered yet. */
  readonly #refunds = new Set<Promise<void>>()

  /** Connects in the background: the charges of the first moments may be refused. */
  constructor({ settings, onConnection, clock = 'redis' }: RedisCountersOptions) {
    this.#client = connectRedis(settings, onConnection)
    this.#timeoutMs = settings.commandTimeoutMs
    this.#runner = new ScriptRunner(this.#client, SCRIPT, settings.commandTimeoutMs)
    this.#keyOf = redisKeys(settings.prefix)
    this.#isCallersClock = clock === 'caller'
  }

  /** @throws RangeError when a cost is not a positive integer, or a limit has too many windows */
  async charge(charges: readonly Charge[], nowMs: number): Promise<ChargeResult> {
    for (const charge of charges) checkCost(charge)
    const { result, atMs } = chargeReply(await this.#run('charge', charges, nowMs), charges)
    if (result.refused === -1) for (const charge of charges) this.#takenAtMs.set(charge, atMs)
    return result
  }

  /** What Redis does not take back leaves its window by itself. */
  refund(charges: readonly Charge[], nowMs: number): void {
    for (const charge of charges) {
      const takenAtMs = this.#isCallersClock ? nowMs : this.#takenAtMs.get(charge)
      if (takenAtMs !== undefined) this.#refund(charge, nowMs, takenAtMs)
    }
  }

  /** Places of `concurrent` limits are not kept here: a process that dies would never free its own. */
  release(_charges: readonly Charge[]): void {}

  async read(limit: Limit, key: string, nowMs: number): Promise<BucketState> {
    const charges = [{ limit, key, cost: 1 }]
    const [state] = chargeReply(await this.#run('read', charges, nowMs), charges).result.states
    return state as BucketState
  }

  async reset(key: string): Promise<void> {
    if (this.#client.status !== 'ready') throw new StoreError('unreachable', 'no connection to Redis')
    await withDeadline(this.#client.del(this.#keyOf(key)), this.#timeoutMs)
  }

  /** Resolves when there is a connection, when it fails, or after `waitMs`. Never rejects. */
  async connected(waitMs: number): Promise<void> {
    if (this.#client.status === 'ready') return
    await once(this.#client, 'ready', { signal: AbortSignal.timeout(waitMs) }).catch(() => undefined)
  }

  /** Ends the connection once what is being given back is answered, or after a second; what else is under way is refused. */
  async close(): Promise<void> {
    if (this.#refunds.size > 0) {
      await Promise.race([Promise.all(this.#refunds), wait(LAST_REFUNDS_MS, undefined, { ref: false })])
    }
    this.#client.disconnect()
  }

  #refund(charge: Charge, nowMs: number, takenAtMs: number): void {
    const refund: Promise<void> = this.#run('refund', [charge], nowMs, takenAtMs).then(
      () => void this.#refunds.delete(refund),
      () => void this.#refunds.delete(refund),
    )
    this.#refunds.add(refund)
  }

  #run(
    mode: ScriptMode,
    charges: readonly Charge[],
    nowMs: number,
    takenAtMs: number | null = null,
  ): Promise<unknown> {
    return this.#runner.run({
      mode,
      nowMs: this.#isCallersClock ? nowMs : null,
      takenAtMs,
      charges: charges.map(({ limit, key, cost }) => ({
        key: this.#keyOf(key),
        cost,
        definition: definitionOf(limit),
      })),
    })
  }
}

async function withDeadline(command: Promise<unknown>, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const late = () => reject(new StoreError('timeout', `no answer from Redis within ${timeoutMs} ms`))
  const timer = setTimeout(late, timeoutMs)
  command.then(
    () => resolve(),
    (error: unknown) => reject(storeErrorOf(error)),
  )
  await promise.finally(() => clearTimeout(timer))
}
