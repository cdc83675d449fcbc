import type { Policy } from '../../core/policy.ts'
import type { OutlineRoute } from '../outline-route.ts'
import { namesOf, type PolicyCheck } from './subject.ts'
import { type Fresh, freshFor, witnessesOf } from './witness.ts'

/** Characters of paths, for one file; behind it nothing is said: a hostile file costs no more than a large one. */
const MAX_LOOKED_UP = 3_000_000

/** Routes that are never found, since others go before them: by a more specific path, or by host. */
export const unreachableRoutes: PolicyCheck = function* unreachableRoutes({ policy, routes }) {
  const fresh = freshFor(routes)
  const budget = { left: MAX_LOOKED_UP }
  for (const route of routes) {
    const before = findersOf(route, policy, fresh, budget)
    if (before === null) continue
    yield {
      code: 'route-unreachable',
      path: ['routes', route.index, 'match', 'path'],
      message: `every request of the route \`${route.id}\` goes to ${namesOf([...before])}`,
      hint: 'routes with `hosts` go before those without, then the more specific path',
    }
  }
}

/** The routes that get what `route` matches; null when it gets something itself, or when that is not known. */
function findersOf(
  route: OutlineRoute,
  policy: Policy,
  fresh: Fresh,
  budget: { left: number },
): ReadonlySet<string> | null {
  const { requests, isComplete } = witnessesOf(route, policy.hosts, fresh)
  const before = new Set<string>()
  for (const { host, method, path } of requests) {
    budget.left -= path.length
    const found = policy.find(host, method, path)?.id
    if (budget.left < 0 || found === undefined || found === route.id) return null
    before.add(found)
  }
  return isComplete && before.size > 0 ? before : null
}
