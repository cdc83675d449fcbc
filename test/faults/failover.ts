import type { Test } from 'tap'
import type { Limit } from '../../src/core/limits.ts'
import type { RedisSettings } from '../../src/core/redis.ts'
import type { RedisServer } from '../support/redis.ts'
import {
  connected,
  holdsModes,
  inUse,
  limitsOf,
  passedOf,
  type Replica,
  replicaWith,
  until,
} from './scene.ts'

const REPLICAS = 2

/** Replicas of one gate, and a limit that they have used up together. */
export interface Failover {
  readonly replicas: readonly Replica[]
  readonly usedUp: Limit
}

/** Replicas that share this Redis, and together let through as many as the limit says. */
export async function exactBefore(t: Test, settings: RedisSettings): Promise<Failover> {
  const replicas = Array.from({ length: REPLICAS }, () => replicaWith(t, settings, REPLICAS))
  await Promise.all(replicas.map((replica) => connected(replica)))
  const { deny } = limitsOf()
  t.equal(await passedByAll(replicas, deny), 10, 'together as many as the limit says')
  return { replicas, usedUp: deny }
}

/** The server that counts is killed: the modes meanwhile. Resolves when another has taken over. */
export async function loses(t: Test, { replicas }: Failover, holder: RedisServer): Promise<void> {
  await until(() => isHandedOn(holder))
  await holder.stop('SIGKILL')
  for (const replica of replicas) await holdsModes(t, replica, REPLICAS)
  await Promise.all(replicas.map((replica) => inUse(replica)))
}

export async function exactAfter(t: Test, { replicas, usedUp }: Failover): Promise<void> {
  t.equal(await passedByAll(replicas, usedUp), 0, 'what was handed on still counts')
  t.equal(await passedByAll(replicas, limitsOf().deny), 10, 'exact again')
}

/** How many get through of 20 requests to each replica, all replicas at once. */
async function passedByAll(replicas: readonly Replica[], limit: Limit): Promise<number> {
  const passed = await Promise.all(replicas.map((replica) => passedOf(replica, limit, 20)))
  return passed.reduce((sum, one) => sum + one)
}

/**
 * Whether a replica has all that was written, so that it can take over without a loss. WAIT does not tell: it asks about
 * the writes of the connection that it comes on.
 */
function isHandedOn(server: RedisServer): boolean {
  const told = server.cli('info', 'replication')
  const written = /master_repl_offset:(\d+)/.exec(told)?.[1]
  const taken = /slave0:.*state=online,offset=(\d+)/.exec(told)?.[1]
  return written !== undefined && taken !== undefined && Number(taken) >= Number(written)
}
