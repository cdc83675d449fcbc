import type { Buckets } from './buckets.ts'
import { MISSING } from './buckets.ts'
import { Calendar, type Unit } from './calendar.ts'
import { Cell } from './cells.ts'
import { placeOfUnit } from './window.ts'

/** What is counted of one quota in one bucket: all that has to outlive the process. */
export interface QuotaCount {
  readonly key: string
  readonly unit: Unit
  /** Number of the day or month. */
  readonly unitId: number
  readonly count: number
  /** Bits of the warnings that were given. */
  readonly warned: number
}

type LookUp = (key: string) => readonly QuotaCount[]

/** Counts of evicted buckets that wait to be written, and keys that wait to be forgotten. */
const MAX_WAITING = 10_000
const UNITS: readonly Unit[] = ['day', 'month']

/**
 * Which quotas have changed since they were last written, so that a store can be kept up to date behind the requests.
 * A charge costs a mark; what it marked is read when it is written.
 */
export class QuotaJournal {
  /** Counts of evicted buckets that found no room to wait: they are as the store has them. */
  lost = 0
  /** Whether the store may know buckets that are not here; only then does a charge ask it. */
  isIncomplete = false
  /** How the store is asked for a bucket. It must not throw. */
  lookUp: LookUp = () => []
  readonly #buckets: Buckets
  readonly #calendar = new Calendar()
  readonly #cell = new Cell()
  readonly #isMarked: Uint8Array
  #marked: number[] = []
  #writing: number[] = []
  readonly #evicted = new Map<string, readonly QuotaCount[]>()
  readonly #forgotten = new Set<string>()

  constructor(buckets: Buckets) {
    this.#buckets = buckets
    this.#isMarked = new Uint8Array(buckets.capacity)
    buckets.beforeEvict = (bucket) => this.#evict(bucket)
  }

  get size(): number {
    return this.#marked.length + this.#writing.length + this.#evicted.size + this.#forgotten.size
  }

  /** Notes that a quota of the bucket has changed. */
  mark(bucket: number): void {
    if (this.#isMarked[bucket] === 1) return
    this.#isMarked[bucket] = 1
    this.#marked.push(bucket)
  }

  /** Takes up what has changed until now; what changes from now on waits for the next time. */
  begin(): void {
    // What a failure left behind is still there.
    this.#writing = this.#writing.concat(this.#marked)
    this.#marked = []
  }

  /** What is to be written next, about `max` of it; nothing at the end. Every answer ends with `written` or `failed`. */
  next(max: number): readonly QuotaCount[] {
    const counts: QuotaCount[] = []
    for (const evicted of this.#evicted.values()) {
      if (counts.length >= max) return counts
      counts.push(...evicted)
    }
    while (counts.length < max) {
      const bucket = this.#writing.pop()
      if (bucket === undefined) break
      this.#isMarked[bucket] = 0
      counts.push(...this.#countsOf(bucket))
    }
    return counts
  }

  written(counts: readonly QuotaCount[]): void {
    for (const count of counts) {
      if (this.#evicted.get(count.key)?.includes(count)) this.#evicted.delete(count.key)
    }
  }

  /** Keeps what could not be written for the next time. */
  failed(counts: readonly QuotaCount[]): void {
    // What waits by itself is as new as this, or newer.
    const others = counts.filter(({ key }) => !this.#evicted.has(key) && !this.#forgotten.has(key))
    for (const count of others) {
      const bucket = this.#buckets.find(count.key)
      if (bucket === MISSING) this.#wait(count.key, [count])
      else this.mark(bucket)
    }
  }

  /** Keys that the store has to forget, at most `max`. */
  forgotten(max: number): readonly string[] {
    return [...this.#forgotten.values().take(max)]
  }

  /** The store has forgotten them; what was counted since has to be written again. */
  forgot(keys: readonly string[]): void {
    for (const key of keys) {
      this.#forgotten.delete(key)
      const bucket = this.#buckets.find(key)
      if (bucket !== MISSING) this.mark(bucket)
    }
  }

  forget(key: string): void {
    this.#evicted.delete(key)
    if (this.#forgotten.size < MAX_WAITING) this.#forgotten.add(key)
  }

  /** Brings a bucket back that had to go, or that did not fit in at the start. */
  recall(key: string, nowMs: number): void {
    if (this.#buckets.find(key) !== MISSING || this.#forgotten.has(key)) return
    const evicted = this.#evicted.get(key)
    this.#evicted.delete(key)
    this.restore(evicted ?? this.lookUp(key), nowMs)
    if (evicted !== undefined) this.failed(evicted)
  }

  /** Opens buckets with these counts. Of one bucket, the day comes before the month. */
  restore(counts: readonly QuotaCount[], nowMs: number): void {
    for (const { key, unit, unitId, count, warned } of counts) {
      const bucket = this.#buckets.open(key, nowMs)
      const number = this.#buckets.openCell(bucket, placeOfUnit(unit))
      const cell = this.#buckets.cells.view(this.#cell, number)
      cell.total = count
      cell.head = warned
      cell.setStamp(0, unitId)
      this.#buckets.keep(bucket, this.#calendar.endMs(unit, unitId), true)
    }
  }

  #evict(bucket: number): void {
    if (!this.#buckets.holdsQuota(bucket)) return
    this.isIncomplete = true
    if (this.#isMarked[bucket] === 1) this.#wait(this.#buckets.keyOf(bucket), this.#countsOf(bucket))
  }

  #wait(key: string, counts: readonly QuotaCount[]): void {
    const waiting = this.#evicted.get(key)
    if (waiting === undefined && this.#evicted.size >= MAX_WAITING) this.lost += 1
    else this.#evicted.set(key, [...(waiting ?? []), ...counts])
  }

  /** The bucket may have gone since it was marked, and even have another key by now: then that one is told. */
  #countsOf(bucket: number): QuotaCount[] {
    const key = this.#buckets.keyOf(bucket)
    return UNITS.flatMap((unit) => {
      const number = key === '' ? 0 : this.#buckets.cell(bucket, placeOfUnit(unit))
      if (number === 0) return []
      const cell = this.#buckets.cells.view(this.#cell, number)
      return [{ key, unit, unitId: cell.stamp(0), count: cell.total, warned: cell.head }]
    })
  }
}
