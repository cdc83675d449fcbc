/** What a bucket is counted by. */
export type Dimension = 'ip' | 'key' | 'org' | 'subject' | 'route' | 'global'

/** One thing that is counted: at most `max` in any `windowMs`, or per calendar unit. */
export type Window =
  | { readonly kind: 'sliding'; readonly max: number; readonly windowMs: number }
  | { readonly kind: 'calendar'; readonly max: number; readonly unit: 'day' | 'month' }

/** A named limit of the policy: all its windows count together. */
export interface Limit {
  readonly name: string
  readonly by: readonly Dimension[]
  readonly windows: readonly Window[]
  /** Shares of a quota (0..1] at which an event is raised once per calendar unit. */
  readonly warnAt: readonly number[]
  /** Shuts a bucket for a while once it was refused too often; null never does. */
  readonly cooldown: Cooldown | null
  /** The most requests of one bucket that may be under way at once; null is no bound. */
  readonly concurrent: number | null
  /** What is done while the shared store does not answer: count in this process, let through, or refuse. */
  readonly onStoreError: StoreErrorMode
  /** With a shared store: ask it for every request (the default), or spend shares that were taken from it before. */
  readonly accuracy: Accuracy
}

export type Accuracy = 'exact' | 'leased'

export type StoreErrorMode = 'local' | 'allow' | 'deny'

/** A bucket that was refused `after` times within `withinMs` is shut for `forMs`, whatever its windows say. */
export interface Cooldown {
  readonly after: number
  readonly withinMs: number
  readonly forMs: number
}

/** One bucket to be charged by one request. */
export interface Charge {
  readonly limit: Limit
  /** The bucket: the limit's name and the values counted by. Never holds the policy's version. */
  readonly key: string
  readonly cost: number
}

/** What is left in a bucket, judged by its tightest window. */
export interface BucketState {
  /** What may still be spent now, never negative. */
  readonly remaining: number
  /** Milliseconds until the window gives back what was spent. */
  readonly resetMs: number
  /** Index into `limit.windows` of the tightest window; 0 while a cooldown shuts the bucket. */
  readonly window: number
}

/** A charge that was taken, and what it left. */
export interface Charged {
  readonly charge: Charge
  readonly state: BucketState
  /** Epoch milliseconds at which it was taken: what a refund has to name. */
  readonly atMs: number
}

export type RefusalCause = 'window' | 'cooldown' | 'concurrent' | 'unavailable'

export interface ChargeResult {
  /** Index of the charge that refused, or -1 when all were charged. */
  readonly refused: number
  /** What refused it: a window or quota that is used up, a cooldown, `concurrent`, or a store that does not answer. */
  readonly cause: RefusalCause
  /** Milliseconds until the refusing window would let this request in; 0 when charged. */
  readonly retryAfterMs: number
  /** One state per charge, in order. */
  readonly states: readonly BucketState[]
  /** `name:percent` of each `warn_at` share that this charge crossed. */
  readonly warnings: readonly string[]
}

/** @throws RangeError when a cost is not a positive integer: a store would give away what it is charged */
export function checkCost({ cost }: Charge): void {
  if (!Number.isSafeInteger(cost) || cost < 1) throw new RangeError(`the cost ${cost} is no positive integer`)
}

/** Of a charge that crossed no `warn_at`: nearly every one. */
export const NO_WARNINGS: readonly string[] = Object.freeze([])

/** The count at which a share of `max` is reached. */
export function warningCount(share: number, max: number): number {
  // A share such as 0.07 times 100 is a little more than 7 in floating point.
  return Math.ceil(share * max - 1e-9)
}

/** What a crossed share of a quota is called: `name:percent`. */
export function warningOf({ name }: Limit, share: number): string {
  return `${name}:${Math.round(share * 100)}`
}

/**
 * A bucket key that no other tuple can share, whatever bytes the values hold: each value goes in with its length.
 */
export function bucketKey(limitName: string, values: readonly string[]): string {
  let key = limitName
  for (const value of values) key += `|${value.length}:${value}`
  return key
}
