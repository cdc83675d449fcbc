import type { Draft } from '../config/draft.ts'
import type { Case, GoodPolicy } from './suite.ts'

/** What a case may name of its policy. */
interface Known {
  readonly routes: ReadonlySet<string>
  readonly limits: ReadonlySet<string>
  readonly keys: GoodPolicy['keys']['byId']
  readonly authenticators: ReadonlySet<string>
}

type Place = readonly (string | number)[]

/** Of more keys than this none is looked for that somebody may have meant. */
const MAX_SUGGESTED = 10_000

/** A name that the policy does not have would make a case that can never be met, or that tests nothing. */
export function tellUnknownNames(cases: readonly Case[], compiled: GoodPolicy, draft: Draft): void {
  const known: Known = {
    routes: new Set(compiled.policy.routes.map(({ id }) => id)),
    limits: new Set(compiled.about.limits.keys()),
    keys: compiled.keys.byId,
    authenticators: new Set(compiled.about.keyPlaces.keys()),
  }
  for (const [i, one] of cases.entries()) tellNamesOf(one, ['cases', i], known, draft)
}

function tellNamesOf({ expect, counters, identity }: Case, at: Place, known: Known, draft: Draft): void {
  const { route } = expect
  if (typeof route === 'string' && !known.routes.has(route)) {
    draft.unknownName([...at, 'expect', 'route'], 'route', route, known.routes)
  }
  tellLimits(Object.keys(counters ?? {}), [...at, 'counters'], known, draft)
  tellLimits(Object.keys(expect.charged ?? {}), [...at, 'expect', 'charged'], known, draft)
  if (typeof identity !== 'object') return
  tellLimits(identity.limits ?? [], [...at, 'identity', 'limits'], known, draft)
  const { key, authenticator } = identity
  if (key !== undefined && !known.keys.has(key)) {
    draft.unknownName(
      [...at, 'identity', 'key'],
      'key',
      key,
      Iterator.from(known.keys.keys()).take(MAX_SUGGESTED),
    )
  }
  if (authenticator !== undefined && !known.authenticators.has(authenticator)) {
    const place = [...at, 'identity', 'authenticator']
    draft.unknownName(place, 'authenticator', authenticator, known.authenticators)
  }
}

function tellLimits(names: readonly string[], at: Place, { limits }: Known, draft: Draft): void {
  const isList = Array.isArray(draft.raw(at))
  for (const [i, name] of names.entries()) {
    if (!limits.has(name)) draft.unknownName([...at, isList ? i : name], 'limit', name, limits)
  }
}
