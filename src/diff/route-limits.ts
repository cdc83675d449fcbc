import type { Outline } from '../config/outline.ts'
import type { OutlineRoute } from '../config/outline-route.ts'
import type { Limit } from '../core/limits.ts'
import { type Finding, finding } from './change.ts'
import { isNeverLooser, isSame } from './limit-order.ts'
import { limitInWords } from './limits.ts'
import type { Together } from './together.ts'
import { between, listed, quoted } from './words.ts'

type Limits = Outline['limits']

export interface LimitScene {
  readonly old: Limits
  readonly now: Limits
  readonly together: Together
}

/** Which limits hold on a route, and what a request costs there; the limits themselves are compared elsewhere. */
export function compareRouteLimits(before: OutlineRoute, after: OutlineRoute, scene: LimitScene): Finding[] {
  const { added, gone } = between(before.limits, after.limits)
  const fresh = limitsOf(added, scene.now)
  const all = limitsOf(after.limits, scene.now)
  const twins = new Set<Limit>()
  const missing = limitsOf(gone, scene.old).map((limit) => {
    const stands = (one: Limit) => scene.together.covers(limit, one, before)
    const twin = fresh.find((one) => isSame(one, limit) && stands(one))
    if (twin === undefined) return told(limit, all.find(stands), all)
    twins.add(twin)
    return renamed(limit, twin)
  })
  return [
    ...missing,
    ...fresh
      .filter((limit) => !twins.has(limit))
      .map((limit) => finding('route-limit-added', `${named(limit)} holds, too`, ['limits'])),
    ...compareCost(before, after),
  ]
}

/** What counts by route counts requests that another one serves in another place: apart from the others, or anew. */
export function compareCounts(before: OutlineRoute, after: OutlineRoute, scene: LimitScene): Finding[] {
  const names = scene.together.byRoute(before, after)
  if (names.length === 0) return []
  if (scene.together.isSplit(before)) {
    const what = `${listed(names)} counts them apart from the others of that route`
    return [finding('route-limit-apart', what, ['limits'])]
  }
  const lasting = limitsOf(names, scene.now)
    .filter(isLasting)
    .map(({ name }) => name)
  if (lasting.length === 0) return []
  return [finding('quota-anew', `${listed(lasting)} counts by route, and so anew`, ['limits'])]
}

function renamed(limit: Limit, twin: Limit): Finding {
  const what = `the limit ${quoted(limit.name)} is called ${quoted(twin.name)}: it counts anew`
  return finding(isLasting(limit) ? 'quota-anew' : 'limit-renamed', what, ['limits'])
}

/** Whoever has used it up, or is shut, would have to wait for long. */
function isLasting({ windows, cooldown }: Limit): boolean {
  return cooldown !== null || windows.some(({ kind }) => kind === 'calendar')
}

function told(limit: Limit, stricter: Limit | undefined, all: readonly Limit[]): Finding {
  if (stricter === undefined) {
    const alike = all.find((one) => isNeverLooser(limit, one))
    const why = alike === undefined ? '' : `: ${quoted(alike.name)} counts apart from where it held, too`
    return finding('route-limit-gone', `${named(limit)} no longer holds${why}`, ['limits'])
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
