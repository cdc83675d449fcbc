import type { Charge, Cooldown, Limit } from '../../core/limits.ts'
import { Buckets, MISSING } from './buckets.ts'
import { Cell } from './cells.ts'
import { slidingTake } from './sliding.ts'

/**
 * About 400 bytes each, so 4 MB at worst. To make one somebody has to use up a bucket and be refused, and whoever is
 * shut goes last of all: nobody gets out by making others come.
 */
const DEFAULT_MAX_COOLDOWNS = 10_000
/** Refusals are counted in the bucket's first cell; the others stay unused. */
const REFUSALS = 0
/** A refusal counts for up to a sub-slot longer than `within`. */
const LONGER = 16 / 15

/** Who was refused how often of late, and who is shut for it: a bounded number of buckets, apart from what they count. */
export class Cooldowns {
  /** How long the bucket that `shut` has found stays shut. */
  restMs = 0
  readonly #capacity: number
  readonly #cell = new Cell()
  /** Made when first needed: most policies have no cooldown. */
  #buckets: Buckets | null = null

  /** @param capacity the most buckets that are kept at once */
  constructor(capacity = DEFAULT_MAX_COOLDOWNS) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#buckets === null ? 0 : this.#buckets.size
  }

  /** Index of the charge whose bucket is shut for longest, or -1; `restMs` says for how long. */
  shut(charges: readonly Charge[], nowMs: number): number {
    if (this.#buckets === null) return -1
    let index = -1
    let longestMs = 0
    for (let i = 0; i < charges.length; i++) {
      const { limit, key } = charges[i] as Charge
      if (limit.cooldown === null) continue
      const restMs = this.#settle(this.#buckets, key, limit.cooldown, nowMs)
      if (restMs <= longestMs) continue
      longestMs = restMs
      index = i
    }
    this.restMs = longestMs
    return index
  }

  /**
   * Counts a refusal by the bucket's own windows, which may shut it. Limits without cooldown are not counted, nor are
   * refusals of one that is shut: one request may charge a bucket more than once.
   */
  refused({ limit, key }: Charge, nowMs: number): void {
    const { cooldown } = limit
    if (cooldown === null) return
    this.#buckets ??= new Buckets(this.#capacity)
    const bucket = this.#buckets.open(key, nowMs)
    if (this.#buckets.untilMs(bucket) > nowMs) return
    this.#buckets.use(bucket)
    const cell = this.#buckets.cells.view(this.#cell, this.#buckets.openCell(bucket, REFUSALS))
    slidingTake(cell, cooldown.withinMs, 1, nowMs)
    if (cell.total < cooldown.after) {
      this.#buckets.keep(bucket, nowMs + cooldown.withinMs * LONGER, false)
      return
    }
    // Once it opens again, refusals count from nought.
    cell.clear()
    this.#shutUntil(this.#buckets, bucket, nowMs + cooldown.forMs)
  }

  /** Milliseconds until the bucket opens, 0 when it is open. Changes nothing. */
  read(limit: Limit, key: string, nowMs: number): number {
    if (this.#buckets === null || limit.cooldown === null) return 0
    const bucket = this.#buckets.find(key)
    if (bucket === MISSING) return 0
    return Math.max(0, Math.min(this.#buckets.untilMs(bucket) - nowMs, limit.cooldown.forMs))
  }

  drop(key: string): void {
    this.#buckets?.drop(key)
  }

  #settle(buckets: Buckets, key: string, { forMs }: Cooldown, nowMs: number): number {
    const bucket = buckets.find(key)
    if (bucket === MISSING) return 0
    const untilMs = buckets.untilMs(bucket)
    if (untilMs === 0) return 0
    if (untilMs <= nowMs) {
      buckets.drop(key)
      return 0
    }
    if (untilMs - nowMs <= forMs) return untilMs - nowMs
    // The clock was set back, or a reload made `for` shorter: nobody waits longer than `for` from now.
    this.#shutUntil(buckets, bucket, nowMs + forMs)
    return forMs
  }

  #shutUntil(buckets: Buckets, bucket: number, untilMs: number): void {
    buckets.keep(bucket, untilMs, false)
    buckets.mark(bucket, untilMs)
  }
}
