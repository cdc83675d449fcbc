import type { Limit } from '../../core/limits.ts'
import type { Principal } from '../../core/principal.ts'
import { countsAddress, countsKey, type Plan, planOf } from './plan.ts'

/** Lists of names by identity: a key's list is one array for as long as its policy lives. */
const joinedNames = new WeakMap<readonly string[], string>()

/** The limits of one route in their two phases, and what they are for principals that bring limits along. */
export class RouteLimits {
  /** Charged before anyone's credential is looked at. */
  readonly beforeAuth: readonly Plan[]
  readonly #afterAuth: readonly Plan[]
  readonly #named: ReadonlyMap<string, Limit>
  /** By the names a principal brings: as many as there are different lists in the policy, not as there are keys. */
  readonly #combined = new Map<string, readonly Plan[]>()

  constructor(limits: readonly Limit[], named: ReadonlyMap<string, Limit>) {
    const plans = limits.map(planOf)
    this.beforeAuth = plans.filter(({ limit }) => countsAddress(limit))
    this.#afterAuth = plans.filter(({ limit }) => !countsAddress(limit))
    this.#named = named
  }

  /** @throws Error when the principal names a limit that the policy does not have */
  afterAuth(principal: Principal): readonly Plan[] {
    const { limits } = principal
    if (limits === null) return this.#afterAuth
    const names = joinedNames.get(limits) ?? joined(limits)
    const known = this.#combined.get(names)
    if (known !== undefined) return known
    const combined = this.#combine(limits)
    this.#combined.set(names, combined)
    return combined
  }

  /** The principal's own take the place of those that count by key; one that is charged anyway is not charged twice. */
  #combine(names: readonly string[]): readonly Plan[] {
    const kept = this.#afterAuth.filter(({ limit }) => !countsKey(limit))
    const charged = new Set([...this.beforeAuth, ...kept].map(({ limit }) => limit.name))
    const own = [...new Set(names)].filter((name) => !charged.has(name))
    return Object.freeze([...own.map((name) => planOf(this.#limit(name))), ...kept])
  }

  #limit(name: string): Limit {
    const limit = this.#named.get(name)
    if (limit === undefined) throw new Error(`the principal brings the limit ${name}, which the policy lacks`)
    return limit
  }
}

function joined(limits: readonly string[]): string {
  const names = limits.join(',')
  joinedNames.set(limits, names)
  return names
}
