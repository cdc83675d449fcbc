import type { Draft } from '../config/draft.ts'
import type { Limit } from '../core/limits.ts'
import { amountsOf } from './counted.ts'
import type { Counters } from './schema.ts'
import type { Case, GoodPolicy } from './suite.ts'

/** What a case may name of its policy. */
interface Known {
  readonly routes: ReadonlySet<string>
  readonly limits: ReadonlySet<string>
  readonly limitOf: (name: string) => Limit | null
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
    limitOf: (name) => compiled.about.limits.get(name)?.limit ?? null,
    keys: compiled.keys.byId,
    authenticators: new Set(compiled.about.keyPlaces.keys()),
  }
  for (const [i, one] of cases.entries()) tellNamesOf(one, ['cases', i], known, draft)
}

function tellNamesOf(one: Case, at: Place, known: Known, draft: Draft): void {
  const { expect, counters, identity, before = [] } = one
  const { route } = expect
  if (typeof route === 'string' && !known.routes.has(route)) {
    draft.unknownName([...at, 'expect', 'route'], 'route', route, known.routes)
  }
  tellCounters(counters ?? {}, [...at, 'counters'], known, draft)
  tellLimits(Object.keys(expect.charged ?? {}), [...at, 'expect', 'charged'], known, draft)
  tellIdentity(identity, [...at, 'identity'], known, draft)
  for (const [i, earlier] of before.entries()) {
    tellIdentity(earlier.identity, [...at, 'before', i, 'identity'], known, draft)
  }
}

function tellIdentity(identity: Case['identity'], at: Place, known: Known, draft: Draft): void {
  if (typeof identity !== 'object') return
  tellLimits(identity.limits ?? [], [...at, 'limits'], known, draft)
  const { key, authenticator } = identity
  if (key !== undefined && !known.keys.has(key)) {
    draft.unknownName([...at, 'key'], 'key', key, Iterator.from(known.keys.keys()).take(MAX_SUGGESTED))
  }
  if (authenticator !== undefined && !known.authenticators.has(authenticator)) {
    draft.unknownName([...at, 'authenticator'], 'authenticator', authenticator, known.authenticators)
  }
}

/** What a limit does not count cannot be spent. */
function tellCounters(counters: Counters, at: Place, known: Known, draft: Draft): void {
  tellLimits(Object.keys(counters), at, known, draft)
  for (const [name, said] of Object.entries(counters)) {
    const limit = known.limitOf(name)
    const { spent, under_way: underWay } = amountsOf(said)
    if (spent > 0 && limit?.windows.length === 0) {
      draft.error([...at, name], `the limit \`${name}\` has no rate, burst or quota that could be spent`)
    }
    if (underWay > 0 && limit?.concurrent === null) {
      draft.error([...at, name, 'under_way'], `the limit \`${name}\` has no \`concurrent\``)
    }
  }
}

function tellLimits(names: readonly string[], at: Place, { limits }: Known, draft: Draft): void {
  const isList = Array.isArray(draft.raw(at))
  for (const [i, name] of names.entries()) {
    if (!limits.has(name)) draft.unknownName([...at, isList ? i : name], 'limit', name, limits)
  }
}
