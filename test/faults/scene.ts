import type { Test } from 'tap'
import { FallbackCounters } from '../../src/adapters/counters-fallback.ts'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import { RedisCounters } from '../../src/adapters/counters-redis.ts'
import type { SharedStoreState } from '../../src/adapters/fallback/store-circuit.ts'
import type { ChargeResult, Limit } from '../../src/core/limits.ts'
import type { RedisSettings } from '../../src/core/redis.ts'
import { charged, limitOf } from '../adapters/counters-fallback-scene.ts'
import { settingsOf } from '../adapters/redis/tools.ts'

/** Never to be waited for longer. */
const WAIT_MS = 30_000
const RETRY_MS = 10
const MAX = 10

export interface Replica {
  readonly counters: FallbackCounters
  readonly changes: SharedStoreState[]
}

/** One process's counters over a Redis at this address; the test's end closes them. */
export function replicaOf(t: Test, url: string, replicas = 1): Replica {
  const { port, password } = new URL(url)
  const settings = settingsOf({ port: Number(port) }, { password: password === '' ? null : password })
  return replicaWith(t, settings, replicas)
}

export function replicaWith(t: Test, settings: RedisSettings, replicas: number): Replica {
  // Timers of a circuit do not keep a process alive; the tests wait for them.
  const hold = setInterval(() => undefined, 1000)
  const remote = new RedisCounters({ settings })
  const changes: SharedStoreState[] = []
  const local = new MemoryCounters()
  const onChange = (state: SharedStoreState) => void changes.push(state)
  const deadlineMs = settings.commandTimeoutMs
  const options = { remote, local, replicas: () => replicas, deadlineMs, onChange }
  const counters = new FallbackCounters(options)
  t.teardown(() => {
    clearInterval(hold)
    counters.close()
    return remote.close()
  })
  return { counters, changes }
}

/** Resolves when the store is in use. */
export async function inUse({ counters }: Replica): Promise<void> {
  await becomes(counters, 'closed')
}

/** Resolves when the store is in this state. */
export async function becomes(counters: FallbackCounters, name: SharedStoreState['name']): Promise<void> {
  const deadline = Date.now() + WAIT_MS
  while (counters.state().name !== name) {
    if (Date.now() > deadline) throw new Error(`it stays ${JSON.stringify(counters.state())}`)
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

/** Resolves when it is connected, and the store in use; what was before is forgotten. */
export async function connected(replica: Replica): Promise<void> {
  await replica.counters.start()
  await becomes(replica.counters, 'closed')
  replica.changes.length = 0
}

let scenes = 0

/** Limits of each mode, with names that no other test has. */
export function limitsOf(): Record<'local' | 'allow' | 'deny', Limit> {
  const name = `fault-${process.pid}-${scenes++}`
  return {
    local: limitOf(`${name}-local`, 'local', MAX),
    allow: limitOf(`${name}-allow`, 'allow', MAX),
    deny: limitOf(`${name}-deny`, 'deny', MAX),
  }
}

export async function passedOf(replica: Replica, limit: Limit, count: number): Promise<number> {
  let passed = 0
  for (let i = 0; i < count; i++)
    passed += (await charged(replica, [limit], Date.now())).refused === -1 ? 1 : 0
  return passed
}

/** Each mode does what it says, and nothing but the first call has to be waited for. */
export async function holdsModes(t: Test, replica: Replica, replicas = 1): Promise<void> {
  const { local, allow, deny } = limitsOf()
  const first = await charged(replica, [allow], Date.now())
  t.match(first, { refused: -1 }, 'the one that finds it out is let through')
  await givenUp(t, replica)
  const share = MAX / replicas
  t.equal(await passedOf(replica, local, 3 * MAX), share, 'local: as many as its share of the limit')
  t.equal(await passedOf(replica, allow, 3 * MAX), 3 * MAX, 'allow: all')
  for (let i = 0; i < 3; i++) {
    const refusal: ChargeResult = await charged(replica, [local, deny], Date.now())
    t.match(refusal, { refused: 1, cause: 'unavailable', retryAfterMs: 1000 }, 'deny: none')
  }
}

async function givenUp(t: Test, { counters }: Replica): Promise<void> {
  const { name, lastProblem } = counters.state()
  t.not(name, 'closed', 'it is given up')
  t.match(lastProblem, /Redis|no answer/)
  const { allow } = limitsOf()
  const again = counters.charge([{ limit: allow, key: 'again', cost: 1 }], Date.now())
  t.notOk(again instanceof Promise, 'and nobody waits for it any more')
}

/** Resolves when it is true, asked again and again: redis-cli tells of no change by itself. */
export async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + WAIT_MS
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`never: ${isSo}`)
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}
