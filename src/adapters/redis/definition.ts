import type { Limit, Window } from '../../core/limits.ts'

/** Places of a bucket, see script.ts. */
const SLIDING_PLACES = 2
const DAY_PLACE = 3
const MONTH_PLACE = 4
const known = new WeakMap<Limit, string>()

/**
 * A limit as the script reads it: for each window its place, max, and length or the counts to warn at.
 * @throws RangeError when it has more than two sliding windows
 */
export function definitionOf(limit: Limit): string {
  const found = known.get(limit)
  if (found !== undefined) return found
  const { cooldown } = limit
  const text = JSON.stringify({
    w: limit.windows.map((window, i) => [placeOf(limit, i), window.max, detailOf(window, limit)]),
    ...(cooldown === null ? {} : { c: [cooldown.after, cooldown.withinMs, cooldown.forMs] }),
  })
  known.set(limit, text)
  return text
}

/** Depends on what the window is, and not on its index: a reload may put one in front of it. */
function placeOf(limit: Limit, index: number): number {
  const window = limit.windows[index]
  if (window?.kind === 'calendar') return window.unit === 'day' ? DAY_PLACE : MONTH_PLACE
  const place = limit.windows.slice(0, index + 1).filter(({ kind }) => kind === 'sliding').length
  if (place > SLIDING_PLACES) throw new RangeError(`limit ${limit.name} has more than two sliding windows`)
  return place
}

function detailOf(window: Window, { warnAt }: Limit): number | number[] {
  if (window.kind === 'sliding') return window.windowMs
  // A share such as 0.07 times 100 is a little more than 7 in floating point.
  return warnAt.map((share) => Math.ceil(share * window.max - 1e-9))
}
