import { type Limit, type Window, warningCount } from '../../core/limits.ts'
import { placeOf } from '../counters/window.ts'

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
    w: limit.windows.map((window, i) => [placeInScript(limit, i), window.max, detailOf(window, limit)]),
    ...(cooldown === null ? {} : { c: [cooldown.after, cooldown.withinMs, cooldown.forMs] }),
  })
  known.set(limit, text)
  return text
}

/** Lua counts from one, see script.ts. */
function placeInScript(limit: Limit, index: number): number {
  return placeOf(limit, index) + 1
}

function detailOf(window: Window, { warnAt }: Limit): number | number[] {
  return window.kind === 'sliding' ? window.windowMs : warnAt.map((share) => warningCount(share, window.max))
}
