import type { Test } from 'tap'
import { RedisCounters } from '../../../src/adapters/counters-redis.ts'
import type { RedisSettings } from '../../../src/core/redis.ts'
import type { RedisServer } from '../../support/redis.ts'
import { REDIS_DEFAULTS } from '../../support/redis-settings.ts'

export function settingsOf(
  { port }: Pick<RedisServer, 'port'>,
  changed: Partial<RedisSettings> = {},
): RedisSettings {
  return { ...REDIS_DEFAULTS, nodes: [{ host: '127.0.0.1', port }], ...changed }
}

/** For tests that are not about time: a busy machine is no failure. */
export const PATIENT = { commandTimeoutMs: 20_000 } as const

/** Counters whose connection works; the test's end closes them. */
export async function connected(
  t: Test,
  settings: RedisSettings,
  clock: 'redis' | 'caller' = 'redis',
): Promise<RedisCounters> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const onConnection = (problem: string | null): void => {
    if (problem === null) resolve()
  }
  const counters = new RedisCounters({ settings, onConnection, clock })
  t.teardown(() => counters.close())
  await promise
  return counters
}

const LIFETIMES =
  "local found = {} for i, key in ipairs(redis.call('keys', '*')) do found[i] = redis.call('pttl', key) end return found"

/** How long each key of the server still lives; -1 is for ever. */
export function lifetimesMs(server: RedisServer): number[] {
  return server.cli('eval', LIFETIMES, '0').split('\n').map(Number)
}
