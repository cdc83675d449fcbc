import type { Limit } from '../core/limits.ts'
import type { KeyTable } from '../policies/key/table.ts'
import type { Draft } from './draft.ts'
import type { Path } from './yaml-values.ts'

/** What a route charges to its limits; `at` is where that stands. */
export interface RouteCost {
  readonly cost: number
  readonly at: Path
  readonly routeId: string
  readonly limits: readonly Limit[]
  /** Keys cannot be shown, so none brings its limits. */
  readonly anonymousOnly: boolean
}

/** A window that is smaller than the cost would refuse every request for ever, and say that waiting helps. */
export class Costs {
  readonly #limits: ReadonlyMap<string, Limit>
  readonly #keys: KeyTable
  readonly #draft: Draft
  /** By the name of a limit that keys bring: the routes these keys are good for, null for all. */
  #ofKeys: ReadonlyMap<string, ReadonlySet<string> | null> | null = null

  constructor(limits: ReadonlyMap<string, Limit>, keys: KeyTable, draft: Draft) {
    this.#limits = limits
    this.#keys = keys
    this.#draft = draft
  }

  tellUnmeetable(route: RouteCost): void {
    const { cost, at, routeId, limits, anonymousOnly } = route
    if (cost === 1) return
    for (const limit of limits) this.#tell(limit, cost, at, '')
    if (!anonymousOnly) this.#tellOfKeys(route)
    else if (limits.length === 0) {
      const message = `the route \`${routeId}\` has no limits that its cost could be charged to`
      this.#draft.notice('cost-uncounted', at, message)
    }
  }

  #tellOfKeys({ cost, at, routeId, limits }: RouteCost): void {
    this.#ofKeys ??= routesByKeyLimit(this.#keys)
    for (const [name, routes] of this.#ofKeys) {
      const limit = this.#limits.get(name)
      if (limit === undefined || limits.includes(limit)) continue
      if (routes?.has(routeId) !== false) this.#tell(limit, cost, at, ', which keys bring along')
    }
  }

  #tell(limit: Limit, cost: number, at: Path, who: string): void {
    const smallest = Math.min(...limit.windows.map(({ max }) => max))
    if (smallest >= cost) return
    this.#draft.error(
      at,
      `a cost of ${cost} never fits into the limit \`${limit.name}\`${who}: its smallest window holds ${smallest}`,
      'make the cost smaller or the window larger',
      'cost-unmeetable',
    )
  }
}

function routesByKeyLimit({ byId }: KeyTable): ReadonlyMap<string, ReadonlySet<string> | null> {
  const found = new Map<string, ReadonlySet<string> | null>()
  for (const { limits, routes } of byId.values()) {
    for (const name of limits ?? []) found.set(name, united(found.get(name), routes))
  }
  return found
}

/** null is all routes; undefined is none yet. */
function united(known: ReadonlySet<string> | null | undefined, more: ReadonlySet<string> | null) {
  if (known === null || more === null) return null
  return known === undefined ? more : known.union(more)
}
