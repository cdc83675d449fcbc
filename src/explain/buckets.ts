import { leaseTerms } from '../core/lease.ts'
import type { Limit, Window } from '../core/limits.ts'
import type { Decision, Route } from '../core/policy.ts'
import { rate } from '../diff/words.ts'
import { planOf } from '../policies/limit/plan.ts'
import type { Bucket } from './explanation.ts'
import type { Looked } from './looking.ts'

/** Where a limit is counted, for whoever asks. */
export type CountedIn = (limit: Limit) => Bucket['counted_in']

interface Surroundings {
  readonly decision: Decision
  readonly route: Route
  readonly nowMs: number
  readonly countedIn: CountedIn
  /** How many processes share a store; null: there is none. */
  readonly replicas: number | null
}

/** The buckets that a request comes to, as they are before it. */
export function bucketsOf(looked: readonly Looked[], surroundings: Surroundings): Bucket[] {
  return looked.map((one) => bucketOf(one, surroundings))
}

function bucketOf({ charge, reading, effect }: Looked, surroundings: Surroundings): Bucket {
  const { limit, key, cost } = charge
  const { decision, route, nowMs, countedIn, replicas } = surroundings
  const { facts, principal } = decision
  return {
    limit: limit.name,
    by: [...limit.by],
    bucket: planOf(limit).bucketOf({ facts, principal, route }),
    key,
    cost,
    effect,
    windows: limit.windows.map((window, i) => {
      const { remaining = 0, resetMs = 0 } = reading.windows[i] ?? {}
      return {
        rate: rateOf(window),
        max: window.max,
        remaining: Number.isFinite(remaining) ? remaining : null,
        resets_at: resetMs === 0 || remaining >= window.max ? null : isoTime(nowMs + resetMs),
      }
    }),
    concurrent:
      limit.concurrent === null ? null : { max: limit.concurrent, free: reading.free ?? limit.concurrent },
    shut_until: reading.shutMs === 0 ? null : isoTime(nowMs + reading.shutMs),
    counted_in: countedIn(limit),
    lease: leaseOf(limit, replicas),
  }
}

function leaseOf(limit: Limit, replicas: number | null): Bucket['lease'] {
  const terms = replicas === null || limit.accuracy !== 'leased' ? null : leaseTerms(limit, replicas)
  if (terms === null) return null
  const { lease, overshoot, atMost } = terms
  return { replicas: terms.replicas, lease, overshoot, at_most: atMost }
}

function rateOf(window: Window): string {
  return window.kind === 'calendar' ? `${window.max}/${window.unit}` : rate(window.max, window.windowMs)
}

/** Longer than any window: a store is another program, and its numbers need not be what they should. */
const LAST_MS = 8.64e15

function isoTime(ms: number): string {
  return new Date(Math.min(Math.ceil(ms), LAST_MS)).toISOString()
}
