import type { Dimension, Limit, Window } from '../../core/limits.ts'
import { covers, implies } from '../compile-limits.ts'
import type { Path } from '../yaml-values.ts'
import { type Finding, type PolicyCheck, type Subject, settingPath } from './subject.ts'

/** Limits, and windows of them, before which something else always refuses. What refuses the file is told elsewhere. */
export const limitsNeverBite: PolicyCheck = function* limitsNeverBite(subject) {
  for (const { limit } of subject.about.limits.values()) yield* windowsOf(limit)
  yield* ofRoutes(subject)
  yield* ofKeys(subject)
}

/** In the order in which a limit's windows are compiled: `burst` is there only beside `rate`. */
function keyOf(windows: readonly Window[], index: number): string {
  if (windows[index]?.kind === 'calendar') return 'quota'
  return index === 0 ? 'rate' : 'burst'
}

function* windowsOf({ name, windows, accuracy }: Limit): Generator<Finding> {
  // Each window is leased by itself, so that none holds another one exactly.
  if (accuracy === 'leased') return
  for (const [i, window] of windows.entries()) {
    const stricter = windows.findIndex((other, j) => j !== i && hides(other, window, j < i))
    if (stricter === -1) continue
    const [own, other] = [keyOf(windows, i), keyOf(windows, stricter)]
    const message = `\`${other}\` lets no more through than this \`${own}\` does, so it never refuses anything`
    yield { code: 'limit-never-bites', path: ['limits', name, own], message }
  }
}

/** Of two that are equal only the second is idle. */
function hides(stricter: Window, window: Window, isBefore: boolean): boolean {
  return implies(stricter, window) && (isBefore || !implies(window, stricter))
}

function* ofRoutes(subject: Subject): Generator<Finding> {
  const seen = new Set<string>()
  for (const route of subject.routes) {
    const path = settingPath(subject, route, 'limits')
    // Those of the defaults are the same for all.
    if (seen.has(path.join())) continue
    seen.add(path.join())
    yield* inList(route.limits, path, subject)
  }
}

/** A key's own limits are charged instead of the route's, each beside the others. */
function* ofKeys(subject: Subject): Generator<Finding> {
  for (const [index, key] of subject.sections.listed.keys.entries()) {
    const names = key?.limits ?? []
    if (names.length > 1) yield* inList(names, ['keys', index, 'limits'], subject, true)
  }
}

function* inList(
  names: readonly string[],
  path: Path,
  { about }: Subject,
  isOfKey = false,
): Generator<Finding> {
  const limits = names.flatMap((name) => about.limits.get(name)?.limit ?? [])
  for (const [i, limit] of limits.entries()) {
    // Keys may bring it to places where the stricter one is not.
    if (!isOfKey && (about.limits.get(limit.name)?.keyCount ?? 0) > 0) continue
    const stricter = limits.find((other, j) => j !== i && isAlwaysFirst(other, limit, isOfKey && j < i))
    if (stricter === undefined) continue
    yield {
      code: 'limit-never-bites',
      path: [...path, i],
      message: `\`${limit.name}\` never refuses anything beside \`${stricter.name}\`, which counts more together and lets no more through`,
    }
  }
}

/**
 * Whether `stricter` counts together what `limit` counts apart and lets no more through. Lists of routes with two that
 * count alike are refused by the compiler; those of keys are not looked at there.
 */
function isAlwaysFirst(stricter: Limit, limit: Limit, countsAlikeToo: boolean): boolean {
  const [coarse, fine] = [countedBy(stricter), countedBy(limit)]
  if (stricter.name === limit.name || !coarse.isSubsetOf(fine) || !covers(stricter, limit)) return false
  return coarse.size < fine.size || countsAlikeToo || !covers(limit, stricter)
}

/** `global` tells nobody apart. */
function countedBy({ by }: Limit): ReadonlySet<Dimension> {
  return new Set(by.filter((dimension) => dimension !== 'global'))
}
