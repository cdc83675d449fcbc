import type { Charge, Limit, Window } from '../../core/limits.ts'

/** A limit's shares by what a request costs: as many as the policy has different costs. */
interface Known {
  readonly replicas: number
  readonly byCost: Map<number, Limit>
}

/**
 * A limit's share for one of several processes that cannot see each other's counts: each max divided by their number,
 * but never below what this one request costs, so that a limit which is smaller than the number of replicas, or a
 * costly route, is not shut. Then all of them together let through at most `replicas` times that cost.
 */
export class Shares {
  readonly #replicas: () => number
  /** Of each limit of the policies in use: what is computed once is not computed for each request. */
  readonly #known = new WeakMap<Limit, Known>()

  constructor(replicas: () => number) {
    this.#replicas = replicas
  }

  chargeOf({ limit, key, cost }: Charge): Charge {
    return { limit: this.limitOf(limit, cost), key, cost }
  }

  limitOf(limit: Limit, cost: number): Limit {
    const replicas = countOf(this.#replicas())
    let known = this.#known.get(limit)
    if (known?.replicas !== replicas) {
      known = { replicas, byCost: new Map() }
      this.#known.set(limit, known)
    }
    let share = known.byCost.get(cost)
    if (share === undefined) {
      share = shareOf(limit, cost, replicas)
      known.byCost.set(cost, share)
    }
    return share
  }
}

function countOf(replicas: number): number {
  return Number.isFinite(replicas) ? Math.max(1, Math.floor(replicas)) : 1
}

/** A part warns of nothing: a share of it says nothing of the whole quota. */
function shareOf(limit: Limit, cost: number, replicas: number): Limit {
  if (replicas === 1) return limit
  const part = (max: number): number => Math.max(Math.floor(max / replicas), Math.min(max, cost), 1)
  return Object.freeze({
    ...limit,
    windows: Object.freeze(
      limit.windows.map((window): Window => Object.freeze({ ...window, max: part(window.max) })),
    ),
    warnAt: Object.freeze([]),
  })
}
