import { warningCount } from '../../core/limits.ts'
import type { Cell } from './cells.ts'

/** Calendar quotas in UTC: a cell holds the number of its day or month, the count, and which warnings were given. */
export type Unit = 'day' | 'month'

const DAY_MS = 86_400_000
const MONTHS = 12

/** Days and months as numbers. Remembers the month of its last answer, for nearly every question is about that one. */
export class Calendar {
  #month = 0
  #startMs = 0
  #endMs = 0

  idOf(unit: Unit, nowMs: number): number {
    if (unit === 'day') return Math.floor(nowMs / DAY_MS)
    if (nowMs < this.#startMs || nowMs >= this.#endMs) this.#turnTo(nowMs)
    return this.#month
  }

  /** Epoch milliseconds at which the unit is over. */
  endMs(unit: Unit, id: number): number {
    if (unit === 'day') return (id + 1) * DAY_MS
    return id === this.#month ? this.#endMs : monthStartMs(id + 1)
  }

  #turnTo(nowMs: number): void {
    const date = new Date(nowMs)
    this.#month = date.getUTCFullYear() * MONTHS + date.getUTCMonth()
    this.#startMs = monthStartMs(this.#month)
    this.#endMs = monthStartMs(this.#month + 1)
  }
}

/** Milliseconds until `cost` fits, 0 when it does now. */
export function calendarWaitMs(
  cell: Cell,
  calendar: Calendar,
  window: { readonly max: number; readonly unit: Unit },
  cost: number,
  nowMs: number,
): number {
  turn(cell, calendar.idOf(window.unit, nowMs))
  if (cell.total + cost <= window.max) return 0
  return calendarResetMs(cell, calendar, window.unit, nowMs)
}

/** Milliseconds until the day or month that is counted is over, at least 1. */
export function calendarResetMs(cell: Cell, calendar: Calendar, unit: Unit, nowMs: number): number {
  turn(cell, calendar.idOf(unit, nowMs))
  return Math.max(1, Math.ceil(calendar.endMs(unit, cell.stamp(0)) - nowMs))
}

/** Counts `cost` in the unit of now. */
export function calendarTake(cell: Cell, id: number, cost: number): void {
  turn(cell, id)
  cell.total += cost
}

/** Gives back `cost` that was taken in the unit `id`, unless that one is over. */
export function calendarRefund(cell: Cell, id: number, cost: number): void {
  if (cell.stamp(0) === id) cell.total -= Math.min(cost, cell.total)
}

/** @returns whether the share with this index is reached for the first time in this unit */
export function isFirstCrossing(cell: Cell, index: number, share: number, max: number): boolean {
  const bit = 1 << index
  if ((cell.head & bit) !== 0 || cell.total < warningCount(share, max)) return false
  cell.head |= bit
  return true
}

/**
 * A later unit starts at nothing. One unit back is a clock that wavers about midnight: the count stays where it is, or
 * each turn would grant a new quota. Further back is a clock set right: the count comes along.
 */
function turn(cell: Cell, id: number): void {
  const counted = cell.stamp(0)
  if (id === counted || id === counted - 1) return
  if (id > counted) {
    cell.total = 0
    cell.head = 0
  }
  cell.setStamp(0, id)
}

function monthStartMs(month: number): number {
  return Date.UTC(Math.floor(month / MONTHS), month % MONTHS, 1)
}
