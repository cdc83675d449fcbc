import type { About } from '../config/about.ts'
import { parameterName } from '../core/headers.ts'
import type { Policy } from '../core/policy.ts'
import { isSecretName } from './secret-name.ts'

/** In the place of a value that nobody should read in a terminal, a ticket or a chat. */
export const MASK = '***'

/** Says which values are shown, and which are masked. */
export class Masks {
  readonly #policy: Policy
  readonly #parameters: ReadonlySet<string>
  readonly #secretFields: ReadonlySet<string>
  readonly #secretReplyFields: ReadonlySet<string>

  /** @param routeId whose fields for the upstream and the client may hold secrets of the policy; null: no route */
  constructor(policy: Policy, about: About, routeId: string | null) {
    this.#policy = policy
    const places = [...about.keyPlaces.values()].flat()
    this.#parameters = new Set(places.flatMap((place) => (place.startsWith('query:') ? place.slice(6) : [])))
    const route = routeId === null ? undefined : about.routes.get(routeId)
    this.#secretFields = route?.secretFields ?? new Set()
    this.#secretReplyFields = route?.secretReplyFields ?? new Set()
  }

  /** A field of our reply. */
  replyField(name: string, value: string): string {
    return this.#secretReplyFields.has(name.toLowerCase()) ? MASK : this.field(name, value)
  }

  field(name: string, value: string): string {
    const lower = name.toLowerCase()
    const isSecret =
      this.#policy.credentialNames.has(lower) || this.#secretFields.has(lower) || isSecretName(name)
    if (isSecret) return MASK
    // It tells of another request, with its query.
    return lower === 'referer' ? this.target(value) : value
  }

  /** A query, or a target with one. */
  target(text: string): string {
    const start = text.indexOf('?')
    if (start === -1) return text
    const pairs = text.slice(start + 1).split('&')
    return `${text.slice(0, start + 1)}${pairs.map((pair) => this.#pair(pair)).join('&')}`
  }

  /** Some take `;` for another `&`; others for a part of the value, which is masked to its end. */
  #pair(pair: string): string {
    let start = 0
    for (const part of pair.split(';')) {
      const equals = part.indexOf('=')
      if (equals !== -1 && this.#isSecretParameter(parameterName(part))) {
        return `${pair.slice(0, start + equals + 1)}${MASK}`
      }
      start += part.length + 1
    }
    return pair
  }

  #isSecretParameter(name: string): boolean {
    return this.#parameters.has(name) || isSecretName(name)
  }
}
