import type { About } from '../config/about.ts'
import { parameterName } from '../core/headers.ts'
import type { Policy } from '../core/policy.ts'

/** In the place of a value that nobody should read in a terminal, a ticket or a chat. */
export const MASK = '***'

/** Fields that carry credentials of others, whatever the policy makes of them. */
const SECRET_NAMES: ReadonlySet<string> = new Set(['cookie', 'set-cookie'])
const SECRET_WORDS = /(?:^|[-_])(?:secret|password|passwd|token|signature|api-?key|session)(?:$|[-_])/

/** Says which values are shown, and which are masked. */
export class Masks {
  readonly #policy: Policy
  readonly #parameters: ReadonlySet<string>
  readonly #secretFields: ReadonlySet<string>

  /** @param routeId whose fields for the upstream may hold secrets of the policy; null: no route */
  constructor(policy: Policy, about: About, routeId: string | null) {
    this.#policy = policy
    const places = [...about.keyPlaces.values()].flat()
    this.#parameters = new Set(places.flatMap((place) => (place.startsWith('query:') ? place.slice(6) : [])))
    this.#secretFields = (routeId === null ? null : about.routes.get(routeId))?.secretFields ?? new Set()
  }

  field(name: string, value: string): string {
    const lower = name.toLowerCase()
    const isSecret =
      this.#policy.credentialNames.has(lower) ||
      this.#secretFields.has(lower) ||
      SECRET_NAMES.has(lower) ||
      SECRET_WORDS.test(lower)
    return isSecret ? MASK : value
  }

  /** A query, or a target with one. */
  target(text: string): string {
    const start = text.indexOf('?')
    if (start === -1) return text
    const pairs = text.slice(start + 1).split('&')
    return `${text.slice(0, start + 1)}${pairs.map((pair) => this.#pair(pair)).join('&')}`
  }

  #pair(pair: string): string {
    const equals = pair.indexOf('=')
    const name = parameterName(pair)
    if (equals === -1 || !(this.#parameters.has(name) || SECRET_WORDS.test(name.toLowerCase()))) return pair
    return `${pair.slice(0, equals + 1)}${MASK}`
  }
}
