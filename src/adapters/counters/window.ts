import { type Limit, type Window, warningOf } from '../../core/limits.ts'
import {
  type Calendar,
  calendarRefund,
  calendarResetMs,
  calendarTake,
  calendarWaitMs,
  isFirstCrossing,
  type Unit,
} from './calendar.ts'
import type { Cell } from './cells.ts'
import { slidingRefund, slidingResetMs, slidingTake, slidingWaitMs } from './sliding.ts'

const SLIDING_PLACES = 2
const DAY_PLACE = 2
const MONTH_PLACE = 3

/**
 * The place of a window's cell in its bucket. It goes by what the window is, so that a count is found again when a
 * reload puts another window before it.
 * @throws RangeError for more sliding windows than there are places
 */
export function placeOf(limit: Limit, index: number): number {
  const window = limit.windows[index] as Window
  if (window.kind === 'calendar') return placeOfUnit(window.unit)
  let place = 0
  for (let i = 0; i < index; i++) if (limit.windows[i]?.kind === 'sliding') place += 1
  if (place >= SLIDING_PLACES) throw new RangeError(`limit ${limit.name} has more than two sliding windows`)
  return place
}

/** The place of a quota's cell. */
export function placeOfUnit(unit: Unit): number {
  return unit === 'day' ? DAY_PLACE : MONTH_PLACE
}

/** Milliseconds until `cost` fits, 0 when it does now. @param cell null when nothing was counted yet */
export function windowWaitMs(
  cell: Cell | null,
  calendar: Calendar,
  window: Window,
  cost: number,
  nowMs: number,
): number {
  if (cell === null) return cost <= window.max ? 0 : emptyWaitMs(calendar, window, nowMs)
  return window.kind === 'sliding'
    ? slidingWaitMs(cell, window.max, window.windowMs, cost, nowMs)
    : calendarWaitMs(cell, calendar, window, cost, nowMs)
}

/** Milliseconds until all that was spent is given back. */
export function windowResetMs(cell: Cell, calendar: Calendar, window: Window, nowMs: number): number {
  return window.kind === 'sliding'
    ? slidingResetMs(cell, window.windowMs, nowMs)
    : calendarResetMs(cell, calendar, window.unit, nowMs)
}

/** Counts `cost` now. */
export function windowTake(
  cell: Cell,
  calendar: Calendar,
  window: Window,
  cost: number,
  nowMs: number,
): void {
  if (window.kind === 'sliding') slidingTake(cell, window.windowMs, cost, nowMs)
  else calendarTake(cell, calendar.idOf(window.unit, nowMs), cost)
}

/** Gives back what was taken at `atMs`. */
export function windowRefund(
  cell: Cell,
  calendar: Calendar,
  window: Window,
  cost: number,
  atMs: number,
): void {
  if (window.kind === 'sliding') slidingRefund(cell, window.windowMs, cost, atMs)
  else calendarRefund(cell, calendar.idOf(window.unit, atMs), cost)
}

/** Adds `name:percent` for each share of the quota that is reached for the first time in its day or month. */
export function addWarnings(cell: Cell, limit: Limit, window: Window, warnings: string[]): void {
  if (window.kind !== 'calendar') return
  for (let i = 0; i < limit.warnAt.length; i++) {
    const share = limit.warnAt[i] as number
    if (isFirstCrossing(cell, i, share, window.max)) warnings.push(warningOf(limit, share))
  }
}

/** What does not fit into an empty window never fits: the wait is the longest it could be. */
function emptyWaitMs(calendar: Calendar, window: Window, nowMs: number): number {
  if (window.kind === 'sliding') return window.windowMs
  return Math.max(1, Math.ceil(calendar.endMs(window.unit, calendar.idOf(window.unit, nowMs)) - nowMs))
}
