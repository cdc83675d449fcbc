import {
  type BucketState,
  type Charge,
  type ChargeResult,
  NO_WARNINGS,
  type RefusalCause,
  type Window,
  warningCount,
  warningOf,
} from '../core/limits.ts'
import type { Counters } from '../core/ports.ts'
import { type Readable, type Reading, readBucket, type WindowReading, waitMs } from './reading.ts'

/** What a request would do to a bucket: be charged, be refused, or get back what it was charged. */
export type Effect = 'charged' | 'given_back' | 'refuses' | 'not_charged'

/** A bucket that the request comes to, as it is before. */
export interface Looked {
  readonly charge: Charge
  readonly reading: Reading
  effect: Effect
}

interface Refusing {
  readonly index: number
  readonly cause: RefusalCause
  readonly retryAfterMs: number
  /** Of the refusing charge, the window that refuses. */
  readonly window: number
}

/** What a gate tells who finds no place, and whom it cannot count. */
const RETRY_AFTER_MS = 1000
const NO_STATES: readonly never[] = Object.freeze([])

export interface LookingOptions {
  /** The shared store does not answer, so limits with `on_store_error: deny` refuse. */
  readonly isStoreDown?: boolean
}

/** Says what a charge would come to, by looking. Nothing is charged, ever: all that it can do to the store is `read`. */
export class LookingCounters implements Counters {
  readonly looked: Looked[] = []
  /** Why a bucket could not be looked at; a check that throws would pass for one that refuses. */
  failure: Error | null = null
  readonly #store: Readable
  readonly #isStoreDown: boolean

  constructor(store: Readable, { isStoreDown = false }: LookingOptions = {}) {
    this.#store = store
    this.#isStoreDown = isStoreDown
  }

  async charge(charges: readonly Charge[], nowMs: number): Promise<ChargeResult> {
    try {
      return await this.#look(charges, nowMs)
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error))
      throw error
    }
  }

  /** In the order in which the stores judge: places, a store that does not answer, cooldowns, windows. */
  async #look(charges: readonly Charge[], nowMs: number): Promise<ChargeResult> {
    const readings = await Promise.all(
      charges.map(({ limit, key }) => readBucket(this.#store, limit, key, nowMs)),
    )
    const refusing =
      fullPlace(charges, readings) ??
      this.#unavailable(charges) ??
      shutBucket(readings) ??
      (await this.#fullWindow(charges, readings, nowMs))
    for (const [i, charge] of charges.entries()) {
      const effect = refusing === null ? 'charged' : i === refusing.index ? 'refuses' : 'not_charged'
      this.looked.push({ charge, reading: readings[i] as Reading, effect })
    }
    return refusing === null ? taken(charges, readings, nowMs) : refused(charges, readings, refusing)
  }

  refund(charges: readonly Charge[]): void {
    for (const one of this.looked) if (charges.includes(one.charge)) one.effect = 'given_back'
  }

  release(_charges: readonly Charge[]): void {}

  #unavailable(charges: readonly Charge[]): Refusing | null {
    if (!this.#isStoreDown) return null
    const index = charges.findIndex(({ limit }) => limit.onStoreError === 'deny')
    return index === -1 ? null : { index, cause: 'unavailable', retryAfterMs: RETRY_AFTER_MS, window: 0 }
  }

  /** Of several the one with the longest wait: whoever waits that long gets in. */
  async #fullWindow(
    charges: readonly Charge[],
    readings: readonly Reading[],
    nowMs: number,
  ): Promise<Refusing | null> {
    let found: Refusing | null = null
    for (const [index, { limit, key, cost }] of charges.entries()) {
      for (const [window, { remaining }] of (readings[index] as Reading).windows.entries()) {
        if (remaining >= cost) continue
        const retryAfterMs = await waitMs(this.#store, limit, window, { key, cost, nowMs })
        if (retryAfterMs > (found?.retryAfterMs ?? 0))
          found = { index, cause: 'window', retryAfterMs, window }
      }
    }
    return found
  }
}

function fullPlace(charges: readonly Charge[], readings: readonly Reading[]): Refusing | null {
  const index = charges.findIndex((_, i) => readings[i]?.free === 0)
  return index === -1 ? null : { index, cause: 'concurrent', retryAfterMs: RETRY_AFTER_MS, window: 0 }
}

function shutBucket(readings: readonly Reading[]): Refusing | null {
  const longestMs = Math.max(0, ...readings.map(({ shutMs }) => shutMs))
  if (longestMs === 0) return null
  const index = readings.findIndex(({ shutMs }) => shutMs === longestMs)
  return { index, cause: 'cooldown', retryAfterMs: longestMs, window: 0 }
}

function refused(
  charges: readonly Charge[],
  readings: readonly Reading[],
  { index, cause, retryAfterMs, window }: Refusing,
): ChargeResult {
  const states = readings.map((reading, i) =>
    i === index && cause === 'window' ? stateIn(reading, window) : tightest(reading),
  )
  const isUntold = cause === 'concurrent'
  return {
    refused: index,
    cause,
    retryAfterMs,
    states: isUntold ? NO_STATES : states.slice(0, charges.length),
    warnings: NO_WARNINGS,
  }
}

function taken(charges: readonly Charge[], readings: readonly Reading[], nowMs: number): ChargeResult {
  const after = charges.map((charge, i) => readingAfter(charge, readings[i] as Reading, nowMs))
  const warnings = charges.flatMap((charge, i) => warningsOf(charge, readings[i] as Reading))
  return { refused: -1, cause: 'window', retryAfterMs: 0, states: after.map(tightest), warnings }
}

function readingAfter({ limit, cost }: Charge, reading: Reading, nowMs: number): Reading {
  const windows = reading.windows.map(({ remaining, resetMs }, i): WindowReading => {
    const window = limit.windows[i] as Window
    const isOpen = remaining === Number.POSITIVE_INFINITY
    return { remaining: remaining - cost, resetMs: isOpen ? resetMs : resetAfter(window, resetMs, nowMs) }
  })
  return { ...reading, windows }
}

/** What was spent just now is given back last. */
function resetAfter(window: Window, resetMs: number, nowMs: number): number {
  if (window.kind === 'sliding') return window.windowMs
  return resetMs > 0 ? resetMs : endOf(window.unit, nowMs) - nowMs
}

function endOf(unit: 'day' | 'month', nowMs: number): number {
  const now = new Date(nowMs)
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
  return unit === 'day' ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1, 1)
}

function warningsOf({ limit, cost }: Charge, { windows }: Reading): string[] {
  return limit.windows.flatMap((window, i) => {
    if (window.kind !== 'calendar') return []
    const before = window.max - (windows[i]?.remaining ?? window.max)
    const isCrossed = (share: number) => {
      const count = warningCount(share, window.max)
      return before < count && before + cost >= count
    }
    return limit.warnAt.filter(isCrossed).map((share) => warningOf(limit, share))
  })
}

function stateIn({ windows }: Reading, index: number): BucketState {
  const { remaining = 0, resetMs = 0 } = windows[index] ?? {}
  return { remaining, resetMs, window: index }
}

/** As the stores tell a bucket: by the window with the least left, of equals the one that takes longer. */
function tightest(reading: Reading): BucketState {
  if (reading.shutMs > 0) return { remaining: 0, resetMs: reading.shutMs, window: 0 }
  const states = reading.windows.map((_, index) => stateIn(reading, index))
  const nothing = { remaining: Number.POSITIVE_INFINITY, resetMs: 0, window: 0 }
  return states.reduce<BucketState>((best, one) => (isTighter(one, best) ? one : best), nothing)
}

function isTighter(a: BucketState, b: BucketState): boolean {
  return a.remaining < b.remaining || (a.remaining === b.remaining && a.resetMs > b.resetMs)
}
