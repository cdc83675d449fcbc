import type { BucketState, Charge } from '../../core/limits.ts'

/** The store knows a charge by its identity, and this one is given back in parts. */
export type LeaseCharge = Omit<Charge, 'cost'> & { cost: number }

/** What a process may spend of one bucket without asking: it is charged in the store already. */
export interface Lease {
  readonly bucket: string
  /** The charge that paid for it; its cost is what of it is to be given back. */
  readonly charge: LeaseCharge
  /** When it was charged, as the store's caller named it. */
  readonly atMs: number
  /** Unspent. */
  credit: number
  /** What the store said was left behind it, and when that was on the monotonic clock. */
  readonly left: BucketState
  readonly takenMs: number
}

/** Unspent credit goes back after this: who has gone quiet must not keep it from the others. */
const LEASE_MS = 1000

/**
 * The leases of this process, by bucket: a bounded number, in the order in which they were taken, which is the order in
 * which they end.
 */
export class Leases {
  readonly #byBucket = new Map<string, Lease>()
  /** Buckets that are too full for a lease, until when on the monotonic clock. */
  readonly #full = new Map<string, number>()
  readonly #capacity: number
  readonly #giveBack: (lease: Lease, credit: number) => void

  /** @param giveBack takes a lease that ends with credit left */
  constructor(capacity: number, giveBack: (lease: Lease, credit: number) => void) {
    this.#capacity = capacity
    this.#giveBack = giveBack
  }

  get size(): number {
    return this.#byBucket.size
  }

  /** The lease of a bucket if it has this much left. @param nowMs monotonic */
  find(bucket: string, cost: number, nowMs: number): Lease | null {
    const lease = this.#byBucket.get(bucket)
    if (lease === undefined || lease.credit < cost || lease.takenMs + LEASE_MS <= nowMs) return null
    return lease
  }

  /** In the place of the one before, whose rest goes back. */
  add(lease: Lease): void {
    const before = this.#byBucket.get(lease.bucket)
    if (before !== undefined) this.#end(before)
    else if (this.#byBucket.size >= this.#capacity) this.#endFirst()
    this.#byBucket.set(lease.bucket, lease)
  }

  /** Notes that a bucket has no room for a lease: asking again at once would double its round trips. */
  noteFull(bucket: string, nowMs: number): void {
    if (this.#full.size >= this.#capacity) this.#full.clear()
    this.#full.delete(bucket)
    this.#full.set(bucket, nowMs + LEASE_MS)
  }

  /** @param nowMs monotonic */
  isFull(bucket: string, nowMs: number): boolean {
    return (this.#full.get(bucket) ?? 0) > nowMs
  }

  /** Ends what is over. @param nowMs monotonic */
  sweep(nowMs: number): void {
    for (const lease of this.#byBucket.values()) {
      if (lease.takenMs + LEASE_MS > nowMs) break
      this.#end(lease)
    }
    for (const [bucket, untilMs] of this.#full) {
      if (untilMs > nowMs) return
      this.#full.delete(bucket)
    }
  }

  endAll(): void {
    for (const lease of this.#byBucket.values()) this.#end(lease)
  }

  /** Drops a lease without giving anything back. */
  forget(bucket: string): void {
    this.#byBucket.delete(bucket)
  }

  #endFirst(): void {
    for (const lease of this.#byBucket.values()) {
      this.#end(lease)
      return
    }
  }

  #end(lease: Lease): void {
    this.#byBucket.delete(lease.bucket)
    const { credit } = lease
    lease.credit = 0
    if (credit > 0) this.#giveBack(lease, credit)
  }
}
