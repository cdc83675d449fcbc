import { nearest } from '../config/nearest.ts'
import type { Route } from '../core/policy.ts'
import { filledIn } from './pattern-match.ts'

/** More edits are no typing errors any more, see config/nearest.ts. */
const MAX_EDITS = 3
/** So many are compared letter by letter; a policy may have ten thousand routes, and the gate serves meanwhile. */
const MAX_COMPARED = 100

/** The routes whose path, with the values of this one, is a typing error away. */
export function alikeRoutes(routes: readonly Route[], path: string, most: number): readonly Route[] {
  const byText = candidates(routes, path)
  const found: Route[] = []
  while (found.length < most) {
    const text = nearest(path, byText.keys())
    const route = text === null ? undefined : byText.get(text)
    if (text === null || route === undefined) break
    found.push(route)
    byText.delete(text)
  }
  return found
}

/** What the path may have been meant to be: of about its length, and those first that begin and end as it does. */
function candidates(routes: readonly Route[], path: string): Map<string, Route> {
  const all: { readonly text: string; readonly route: Route; readonly common: number }[] = []
  for (const route of routes) {
    const text = filledIn(route.pattern, path)
    if (text === path || Math.abs(text.length - path.length) > MAX_EDITS) continue
    all.push({ text, route, common: commonLength(text, path) })
  }
  all.sort((a, b) => b.common - a.common)
  const byText = new Map<string, Route>()
  for (const { text, route } of all.slice(0, MAX_COMPARED)) if (!byText.has(text)) byText.set(text, route)
  return byText
}

/** Characters that two texts share at their beginnings and ends. */
function commonLength(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  let start = 0
  while (start < length && a[start] === b[start]) start++
  let end = 0
  while (end < length - start && a.at(-1 - end) === b.at(-1 - end)) end++
  return start + end
}
