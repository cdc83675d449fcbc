import type { AuditTrail } from '../adapters/audit.ts'
import { ConcurrentCounters } from '../adapters/counters/places.ts'
import type { StoreStatus } from '../adapters/counters-fallback.ts'
import { LeasedCounters } from '../adapters/counters-leased.ts'
import type { MemoryCounters } from '../adapters/counters-memory.ts'
import type { Log } from '../adapters/log.ts'
import type { CounterStore } from '../core/ports.ts'
import type { RedisSettings } from '../core/redis.ts'
import { sharedCounters } from './wire-store-state.ts'

export interface CountersNeeds {
  /** null: limits are counted in this process only. */
  readonly redis: RedisSettings | null
  readonly local: MemoryCounters
  readonly audit: Pick<AuditTrail, 'event'>
  readonly log: Log
}

export interface CountersPart {
  readonly counters: CounterStore
  /** Absent: there is no shared store. */
  readonly status?: () => StoreStatus
  /** Gives back what was leased; after the last request. */
  readonly close: () => Promise<void>
}

/** A Redis that is there answers sooner; one that is not must not keep the gate shut. */
const CONNECT_WAIT_MS = 1000

/** Joins this process to the Redis that the policy names, and does without it for as long as it is not there. */
export async function startCounters({ redis, local, audit, log }: CountersNeeds): Promise<CountersPart> {
  if (redis === null) return { counters: new ConcurrentCounters(local), close: async () => undefined }
  // The client of Redis is large: who counts in the process need not hold it in memory.
  const { RedisCounters } = await import('../adapters/counters-redis.ts')
  const remote = new RedisCounters({ settings: redis, onConnection: connectionTold(log) })
  await remote.connected(CONNECT_WAIT_MS)
  const { replicas, commandTimeoutMs: deadlineMs } = redis
  const leased = new LeasedCounters({ store: remote, replicas: () => replicas })
  const shared = { remote: leased, local, replicas: () => replicas, deadlineMs, audit, log }
  const fallback = await sharedCounters(shared)
  const close = async (): Promise<void> => {
    leased.close()
    fallback.close()
    await remote.close()
  }
  return { counters: new ConcurrentCounters(fallback), status: () => fallback.state(), close }
}

function connectionTold(log: Log) {
  return (problem: string | null): void => {
    if (problem === null) log.info('connected to redis')
    else log.warn('redis connection', { problem })
  }
}
