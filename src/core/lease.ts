import type { Limit } from './limits.ts'

/** All leases of all replicas together are at most the smallest max divided by this. */
export const LEASE_DIVISOR = 10

/** What `accuracy` comes to for one limit, in the words of docs/redis.md. */
export interface LeaseTerms {
  /** The smallest max of the limit's windows. */
  readonly max: number
  /** How many processes share the limit. */
  readonly replicas: number
  /** What one lease holds: `floor(max / 10 / replicas)`. 0: every request asks. */
  readonly lease: number
  /** The most that gets through in any window beyond that window's own max: `replicas * lease`. */
  readonly overshoot: number
  /** The most that gets through in any window of the smallest max: `max + overshoot`. */
  readonly atMost: number
}

/**
 * A lease is charged when it is taken and spent at most one lease later, so in any window at most `replicas` leases of
 * before are spent beside what is charged in it.
 * @returns null for a limit without windows: there is nothing to lease of
 */
export function leaseTerms(limit: Limit, replicas: number): LeaseTerms | null {
  if (limit.windows.length === 0) return null
  const max = Math.min(...limit.windows.map((window) => window.max))
  const sharing = Math.max(1, replicas)
  const lease = limit.accuracy === 'leased' ? Math.floor(max / (LEASE_DIVISOR * sharing)) : 0
  const overshoot = sharing * lease
  return { max, replicas: sharing, lease, overshoot, atMost: max + overshoot }
}
