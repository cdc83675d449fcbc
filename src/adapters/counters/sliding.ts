import { type Cell, SLOTS } from './cells.ts'

/**
 * A sliding window in at most SLOTS entries. Each entry counts the charges of one sub-slot and carries the time of the
 * last of them, so a charge counts for at least the whole window and at most one sub-slot longer: in no window of that
 * length is there ever more than its `max`, and a burst that came at once leaves at once.
 */
const SUB_SLOTS = SLOTS - 1
const LAST = SLOTS - 1

/** Clocks of one machine disagree by a little; a larger step back is a correction of the clock. */
const JITTER_MS = 1000

/** Milliseconds until `cost` fits, 0 when it does now. */
export function slidingWaitMs(
  cell: Cell,
  max: number,
  windowMs: number,
  cost: number,
  nowMs: number,
): number {
  settle(cell, windowMs, nowMs)
  const excess = cell.total + cost - max
  if (excess <= 0) return 0
  return Math.max(1, Math.ceil(leavesAtMs(cell, windowMs, excess, nowMs) - nowMs))
}

/** Counts `cost` now. */
export function slidingTake(cell: Cell, windowMs: number, cost: number, nowMs: number): void {
  const timeMs = settle(cell, windowMs, nowMs)
  const { head, length } = cell
  cell.total += cost
  if (length === SLOTS || (length > 0 && isSameSlot(cell.stamp(head), timeMs, windowMs))) {
    cell.setCount(head, cell.count(head) + cost)
    cell.setStamp(head, timeMs)
    return
  }
  const next = (head + 1) & LAST
  cell.setCount(next, cost)
  cell.setStamp(next, timeMs)
  cell.head = next
  cell.length = length + 1
}

/**
 * Gives back `cost` that was taken at `atMs`, unless it has left the window by itself. What was counted with others
 * after a step of the clock is not told apart any more, and stays.
 */
export function slidingRefund(cell: Cell, windowMs: number, cost: number, atMs: number): void {
  for (let left = cell.length; left > 0; left--) {
    const entry = entryAt(cell, left)
    if (!isSameSlot(cell.stamp(entry), atMs, windowMs)) continue
    const back = Math.min(cost, cell.count(entry))
    cell.setCount(entry, cell.count(entry) - back)
    cell.total -= back
    if (left === 1 && cell.count(entry) === 0) dropNewest(cell)
    return
  }
}

/** Milliseconds until all that was spent is given back. */
export function slidingResetMs(cell: Cell, windowMs: number, nowMs: number): number {
  const timeMs = settle(cell, windowMs, nowMs)
  return cell.length === 0 ? 0 : Math.ceil(cell.stamp(cell.head) + windowMs - timeMs)
}

/** Drops what has left the window. @returns the bucket's time, which small steps back of the clock do not move */
function settle(cell: Cell, windowMs: number, nowMs: number): number {
  const timeMs = cell.length === 0 ? nowMs : catchUp(cell, nowMs)
  while (cell.length > 0) {
    const oldest = entryAt(cell, cell.length)
    if (cell.stamp(oldest) + windowMs > timeMs) break
    cell.total -= cell.count(oldest)
    cell.length -= 1
  }
  return timeMs
}

/**
 * After the clock was set back, all that is counted is taken to have happened now: nothing is forgotten, and nobody
 * waits longer than one window for a time that comes again.
 */
function catchUp(cell: Cell, nowMs: number): number {
  const newestMs = cell.stamp(cell.head)
  if (newestMs <= nowMs) return nowMs
  if (newestMs - nowMs <= JITTER_MS) return newestMs
  cell.length = 1
  cell.setCount(cell.head, cell.total)
  cell.setStamp(cell.head, nowMs)
  return nowMs
}

/** When the first `count` of what is counted have left; a whole window when that many are not there. */
function leavesAtMs(cell: Cell, windowMs: number, count: number, nowMs: number): number {
  let left = 0
  for (let age = cell.length; age > 0; age--) {
    const entry = entryAt(cell, age)
    left += cell.count(entry)
    if (left >= count) return cell.stamp(entry) + windowMs
  }
  return nowMs + windowMs
}

/** @param age 1 is the newest entry, `length` the oldest */
function entryAt(cell: Cell, age: number): number {
  return (cell.head - age + 1) & LAST
}

function dropNewest(cell: Cell): void {
  cell.head = (cell.head - 1) & LAST
  cell.length -= 1
}

function isSameSlot(aMs: number, bMs: number, windowMs: number): boolean {
  const slotMs = windowMs / SUB_SLOTS
  return Math.floor(aMs / slotMs) === Math.floor(bMs / slotMs)
}
