import type { Outline, Outlined } from '../config/outline.ts'
import { type Finding, finding } from './change.ts'
import { listed } from './words.ts'

type Good = Outlined & { readonly outline: Outline }

/** Names that a policy keeps from the API because of what `identity` and `authenticators` say. */
interface Kept {
  readonly identity: ReadonlySet<string>
  readonly headers: ReadonlySet<string>
  readonly query: ReadonlySet<string>
}

/** What clients can say to the API now, since the file no longer keeps the name for itself. */
export interface Freed {
  /** Header fields of which this tells. */
  readonly names: ReadonlySet<string>
  readonly findings: readonly Finding[]
}

/** `identity` and `authenticators` keep names from the API on every route, also on those that do not use them. */
export function freedNames(before: Good, after: Good): Freed {
  const [was, is] = [keptBy(before.outline), keptBy(after.outline)]
  const own = is.identity.union(is.headers)
  const passes = passing(before, after)
  const identity = [...was.identity.difference(own)].filter(passes.header)
  const headers = [...was.headers.difference(own).difference(was.identity)].filter(passes.header)
  const query = [...was.query.difference(is.query)].filter(passes.query)
  return {
    names: new Set([...identity, ...headers]),
    findings: [
      ...told(identity, 'identity', 'headers', 'told who asks'),
      ...told(headers, 'authenticators', 'headers', 'held a credential'),
      ...told(query, 'authenticators', 'parameters', 'held a credential'),
    ],
  }
}

function told(names: readonly string[], key: string, what: string, why: string): Finding[] {
  if (names.length === 0) return []
  const sentence = `the ${what} ${listed(names)} of a client get to the API: before, they ${why} and were kept back`
  return [finding('client-field-passes', sentence, [key])]
}

function keptBy({ settings, authenticators }: Outline): Kept {
  const places = Object.values(authenticators).flat()
  const named = (prefix: string) =>
    places.filter((place) => place.startsWith(prefix)).map((place) => place.slice(prefix.length))
  const identity = Object.values(settings.identity).filter((name) => name !== null)
  return {
    identity: new Set(identity),
    headers: new Set(named('header:')),
    query: new Set(named('query:')),
  }
}

/** Whether some route kept a name back, and some route does not. */
function passing(before: Good, after: Good) {
  const plansOf = ({ compiled }: Good) => new Set(compiled?.policy.routes.map(({ request }) => request))
  const [was, is] = [[...plansOf(before)], [...plansOf(after)]]
  return {
    // A name that is guarded no more passes with `_` for `-`, and twice.
    header: (name: string) =>
      !isGuarded(after, name) ||
      (was.some(({ drop }) => drop.has(name)) && is.some(({ drop }) => !drop.has(name))),
    query: (name: string) =>
      was.some(({ dropQuery }) => dropQuery.includes(name)) &&
      is.some(({ dropQuery }) => !dropQuery.includes(name)),
  }
}

function isGuarded({ compiled }: Good, name: string): boolean {
  return compiled?.policy.guardedNames.has(name) !== false
}
