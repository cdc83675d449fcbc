import type { Outline } from '../config/outline.ts'
import type { OutlineRoute } from '../config/outline-route.ts'
import type { Limit } from '../core/limits.ts'
import { type Finding, finding } from './change.ts'
import { isNeverLooser, isSame } from './limit-order.ts'
import { limitInWords } from './limits.ts'
import { between, quoted } from './words.ts'

type Limits = Outline['limits']

/** Which limits hold on a route, and what a request costs there; the limits themselves are compared elsewhere. */
export function compareRouteLimits(
  before: OutlineRoute,
  after: OutlineRoute,
  old: Limits,
  now: Limits,
): Finding[] {
  const { added, gone } = between(before.limits, after.limits)
  const fresh = limitsOf(added, now)
  const missing = limitsOf(gone, old)
  const renamed = missing.flatMap((limit) => {
    const twin = fresh.find((one) => isSame(one, limit))
    return twin === undefined ? [] : [{ limit, twin }]
  })
  const known = new Set(renamed.flatMap(({ limit, twin }) => [limit, twin]))
  const all = limitsOf(after.limits, now)
  return [
    ...renamed.map(({ limit, twin }) => {
      const what = `the limit ${quoted(limit.name)} is called ${quoted(twin.name)}: it counts anew`
      return finding('limit-renamed', what, ['limits'])
    }),
    ...missing.filter((limit) => !known.has(limit)).map((limit) => told(limit, all)),
    ...fresh
      .filter((limit) => !known.has(limit))
      .map((limit) => finding('route-limit-added', `${named(limit)} holds, too`, ['limits'])),
    ...compareCost(before, after),
  ]
}

function told(limit: Limit, all: readonly Limit[]): Finding {
  const stricter = all.find((one) => isNeverLooser(limit, one))
  if (stricter === undefined) {
    return finding('route-limit-gone', `${named(limit)} no longer holds`, ['limits'])
  }
  const what = `${named(limit)} makes room for ${named(stricter)}, which is never looser`
  return finding('route-limit-stricter', what, ['limits'])
}

function named(limit: Limit): string {
  return `the limit ${quoted(limit.name)} (${limitInWords(limit)})`
}

function limitsOf(names: readonly string[], limits: Limits): Limit[] {
  return names.flatMap((name) => limits[name] ?? [])
}

function compareCost(before: OutlineRoute, after: OutlineRoute): Finding[] {
  const found: Finding[] = []
  if (before.cost !== after.cost) {
    const code = after.cost < before.cost ? 'cost-lower' : 'cost-higher'
    found.push(finding(code, `a request costs ${after.cost}, before ${before.cost}`, ['cost']))
  }
  if (before.limitHeaders !== after.limitHeaders) {
    const what = `\`limit_headers\` is ${after.limitHeaders}, before ${before.limitHeaders}`
    found.push(finding('limit-headers-changed', what, ['limit_headers']))
  }
  return found
}
