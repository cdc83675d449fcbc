import { Cells } from './cells.ts'
import { SecondChance } from './second-chance.ts'
import { UntilHeap } from './until-heap.ts'

/** Windows a bucket has room for: two sliding ones, the day and the month. */
const CELLS_PER_BUCKET = 4
export const MISSING = -1
/** Buckets looked at for having expired, each time a new one is opened. */
const SWEPT_PER_OPEN = 2

/**
 * The buckets by key, a bounded number of them. When there is no room, one gives way:
 * first one that counts only sliding windows, then one that counts a quota (they lose more by being forgotten, so they
 * are kept back until they are more than half of all), and only when every bucket is at its limit, that one which would
 * let its client in soonest. So nobody who is being refused gets in by making others come.
 */
export class Buckets {
  readonly capacity: number
  readonly cells = new Cells()
  evictions = 0
  evictedRefusing = 0
  reclaimed = 0
  /** Told of a bucket that has to go although it still counts. */
  beforeEvict: ((bucket: number) => void) | null = null
  readonly #byKey = new Map<string, number>()
  readonly #keys: string[] = []
  readonly #free: number[] = []
  readonly #cellOf: Uint32Array
  readonly #expiresMs: Float64Array
  readonly #holdsQuota: Uint8Array
  readonly #rates: SecondChance
  readonly #quotas: SecondChance
  readonly #refusing: UntilHeap
  #sweepAt = 0

  constructor(capacity: number) {
    this.capacity = capacity
    this.#cellOf = new Uint32Array(capacity * CELLS_PER_BUCKET)
    this.#expiresMs = new Float64Array(capacity)
    this.#holdsQuota = new Uint8Array(capacity)
    this.#rates = new SecondChance(capacity)
    this.#quotas = new SecondChance(capacity)
    this.#refusing = new UntilHeap(capacity)
  }

  get size(): number {
    return this.#byKey.size
  }

  /** How many have gone, for whatever reason: while it stays, so do the numbers that `find` gave. */
  get removals(): number {
    return this.evictions + this.reclaimed
  }

  get refusing(): number {
    return this.#refusing.size
  }

  /** @returns the bucket's number, or MISSING */
  find(key: string): number {
    return this.#byKey.get(key) ?? MISSING
  }

  /** The key of a bucket, empty when there is none with this number. */
  keyOf(bucket: number): string {
    return this.#keys[bucket] ?? ''
  }

  holdsQuota(bucket: number): boolean {
    return this.#holdsQuota[bucket] === 1
  }

  /** Finds the bucket or makes one, for which another may have to go. */
  open(key: string, nowMs: number): number {
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    this.#sweep(nowMs)
    if (this.size === this.capacity) this.#evict(nowMs)
    const bucket = this.#free.pop() ?? this.#keys.length
    this.#keys[bucket] = key
    this.#byKey.set(key, bucket)
    this.#holdsQuota[bucket] = 0
    this.#rates.add(bucket)
    return bucket
  }

  drop(key: string): void {
    const bucket = this.#byKey.get(key)
    if (bucket === undefined) return
    this.#remove(bucket)
    this.reclaimed += 1
  }

  /** Keeps a bucket that is in use from being the next to go. */
  use(bucket: number): void {
    this.#listOf(bucket).use(bucket)
  }

  /** @returns the number of a cell, 0 when there is none yet */
  cell(bucket: number, place: number): number {
    return this.#cellOf[bucket * CELLS_PER_BUCKET + place] as number
  }

  openCell(bucket: number, place: number): number {
    const known = this.cell(bucket, place)
    if (known !== 0) return known
    const cell = this.cells.allocate()
    this.#cellOf[bucket * CELLS_PER_BUCKET + place] = cell
    return cell
  }

  /**
   * Notes when the bucket will hold nothing any more.
   * @param hasQuota whether a calendar quota is counted in it
   */
  keep(bucket: number, expiresMs: number, hasQuota: boolean): void {
    this.#expiresMs[bucket] = expiresMs
    if (hasQuota === (this.#holdsQuota[bucket] === 1)) return
    const isListed = !this.#refusing.has(bucket)
    if (isListed) this.#listOf(bucket).remove(bucket)
    this.#holdsQuota[bucket] = hasQuota ? 1 : 0
    if (isListed) this.#listOf(bucket).add(bucket)
  }

  /** @param untilMs epoch milliseconds until which the bucket is at its limit; 0 when it is not */
  mark(bucket: number, untilMs: number): void {
    const wasRefusing = this.#refusing.has(bucket)
    if (untilMs > 0) {
      if (!wasRefusing) this.#listOf(bucket).remove(bucket)
      this.#refusing.set(bucket, untilMs)
    } else if (wasRefusing) {
      this.#refusing.remove(bucket)
      this.#listOf(bucket).add(bucket)
    }
  }

  /** Epoch milliseconds for which the bucket is marked; 0 when it is not. */
  untilMs(bucket: number): number {
    return this.#refusing.has(bucket) ? this.#refusing.untilMs(bucket) : 0
  }

  #listOf(bucket: number): SecondChance {
    return this.#holdsQuota[bucket] === 1 ? this.#quotas : this.#rates
  }

  #sweep(nowMs: number): void {
    for (let i = 0; i < SWEPT_PER_OPEN && this.#keys.length > 0; i++) {
      this.#sweepAt = (this.#sweepAt + 1) % this.#keys.length
      const isOpen = this.#keys[this.#sweepAt] !== ''
      if (!isOpen || (this.#expiresMs[this.#sweepAt] as number) > nowMs) continue
      this.#remove(this.#sweepAt)
      this.reclaimed += 1
    }
  }

  #evict(nowMs: number): void {
    while (this.#refusing.size > 0 && this.#refusing.untilMs(this.#refusing.first) <= nowMs) {
      this.mark(this.#refusing.first, 0)
    }
    this.evictions += 1
    const bucket = this.#victim()
    this.beforeEvict?.(bucket)
    this.#remove(bucket)
  }

  #victim(): number {
    const areQuotasTooMany = this.#quotas.size > this.capacity / 2
    if (this.#rates.size > 0 && !areQuotasTooMany) return this.#rates.next()
    if (this.#quotas.size > 0) return this.#quotas.next()
    this.evictedRefusing += 1
    return this.#refusing.first
  }

  #remove(bucket: number): void {
    if (this.#refusing.has(bucket)) this.#refusing.remove(bucket)
    else this.#listOf(bucket).remove(bucket)
    this.#byKey.delete(this.#keys[bucket] as string)
    this.#keys[bucket] = ''
    this.#free.push(bucket)
    const first = bucket * CELLS_PER_BUCKET
    for (let at = first; at < first + CELLS_PER_BUCKET; at++) {
      const cell = this.#cellOf[at] as number
      if (cell !== 0) this.cells.free(cell)
      this.#cellOf[at] = 0
    }
  }
}
