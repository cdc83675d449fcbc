import type { Outline, OutlineKey } from '../config/outline.ts'
import { countsKey } from '../policies/limit/plan.ts'
import { type Finding, finding } from './change.ts'
import { orderOfSets } from './limit-order.ts'
import { between, listed } from './words.ts'

interface Both {
  readonly before: Outline
  readonly after: Outline
}

/** Compares the limits that keys bring along. One that brings none goes by those of the routes that count by key. */
export function comparingKeyLimits({ before: old, after: now }: Both) {
  const [oldShared, nowShared] = [sharedLimits(old), sharedLimits(now)]
  // What is different about a limit itself is told of the limit, not of each key.
  const limitsOf = (names: readonly string[]) =>
    names.flatMap((name) => now.limits[name] ?? old.limits[name] ?? [])
  return function compareKeyLimits(before: OutlineKey, after: OutlineKey): Finding[] {
    if (isSameList(before.limits, after.limits)) return []
    const was = limitsOf(before.limits ?? oldShared(before))
    const is = limitsOf(after.limits ?? nowShared(after))
    const { looser, tighter } = orderOfSets(was, is)
    const sentence = `goes by ${inWords(after.limits)}, before by ${inWords(before.limits)}`
    return [
      ...(looser ? [finding('key-limits-looser', sentence, ['limits'])] : []),
      ...(tighter ? [finding('key-limits-tighter', sentence, ['limits'])] : []),
    ]
  }
}

type Names = readonly string[] | null

function isSameList(before: Names, after: Names): boolean {
  if (before === null || after === null) return before === after
  const { added, gone } = between(before, after)
  return added.length === 0 && gone.length === 0
}

function inWords(names: Names): string {
  if (names === null) return 'the limits of the routes'
  return names.length === 0 ? 'no limit' : `its own limits ${listed(names)}`
}

/** Names of the limits that count by key, of the routes that a key is good for. */
function sharedLimits({ routes, limits }: Outline): (key: OutlineKey) => readonly string[] {
  const isByKey = (name: string) => limits[name] !== undefined && countsKey(limits[name])
  const byRoute = new Map(routes.map((route) => [route.id, route.limits.filter(isByKey)]))
  const all = [...new Set([...byRoute.values()].flat())]
  return (key) =>
    key.routes === null ? all : [...new Set(key.routes.flatMap((id) => byRoute.get(id) ?? []))]
}
