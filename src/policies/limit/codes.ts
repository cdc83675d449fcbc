import type { Code } from '../../core/codes.ts'
import type { Limit } from '../../core/limits.ts'

/** What a limit refuses with. */
export const LIMIT_CODES = Object.freeze([
  'rate_limited',
  'quota_exhausted',
  'cooldown',
  'concurrency_exceeded',
  'limit_unavailable',
] as const satisfies readonly Code[])

/** What this limit can refuse with. */
export function codesOfLimit({ windows, cooldown, concurrent, onStoreError }: Limit): Code[] {
  const codes: Code[] = []
  if (windows.some(({ kind }) => kind === 'sliding')) codes.push('rate_limited')
  if (windows.some(({ kind }) => kind === 'calendar')) codes.push('quota_exhausted')
  if (cooldown !== null) codes.push('cooldown')
  if (concurrent !== null) codes.push('concurrency_exceeded')
  if (onStoreError === 'deny') codes.push('limit_unavailable')
  return codes
}
