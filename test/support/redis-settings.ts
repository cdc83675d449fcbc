import type { RedisSettings } from '../../src/core/redis.ts'

/** One Redis, with all else as it is when nothing is written. */
export const REDIS_DEFAULTS: Omit<RedisSettings, 'nodes'> = Object.freeze({
  kind: 'single',
  name: '',
  username: null,
  password: null,
  sentinelPassword: null,
  database: 0,
  tls: null,
  prefix: 'sallyport:',
  commandTimeoutMs: 100,
  replicas: 1,
})
