import type { Code } from '../../core/codes.ts'

/** What a limit refuses with. */
export const LIMIT_CODES = Object.freeze([
  'rate_limited',
  'quota_exhausted',
  'cooldown',
  'concurrency_exceeded',
  'limit_unavailable',
] as const satisfies readonly Code[])
