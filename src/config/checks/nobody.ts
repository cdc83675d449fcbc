import type { KeyEntry } from '../../policies/key/table.ts'
import { didYouMean } from '../nearest.ts'
import type { OutlineRoute } from '../outline-route.ts'
import { closedTo } from './closed.ts'
import { isOver } from './good-keys.ts'
import { type Finding, namesOf, type PolicyCheck, type Subject, settingPath } from './subject.ts'

const ANYBODY = 'none'
/** More problems are not told of a file, and each reason takes a look at every key. */
const MAX_REASONS = 200
/** Names that a mistyped one is held against. */
const MAX_NAMES = 2000

/**
 * Routes that ask for a key and that no key of the file passes. Every authenticator of this version judges these keys,
 * see `isLater` in compile-sections.ts.
 */
export const routesForNobody: PolicyCheck = function* routesForNobody(subject) {
  const asking = subject.routes.filter(asksForKey)
  const good = [...subject.keys.byId.values()].filter((key) => !isOver(key, subject))
  if (asking.length === 0) return
  if (good.length === 0) yield withoutKeys(asking, subject)
  else yield* withKeys(closedTo(good, asking), good, subject)
}

/** What `allow` asks for, nobody without a credential has. */
function asksForKey({ auth, allow }: OutlineRoute): boolean {
  return !auth.includes(ANYBODY) || Object.values(allow).some((wanted) => wanted !== null)
}

/** One finding, however many routes wait for the first key. */
function withoutKeys(asking: readonly OutlineRoute[], subject: Subject): Finding {
  const [first] = asking as [OutlineRoute]
  const why =
    subject.keys.byId.size === 0
      ? 'there is no key in this file'
      : 'every key of this file has expired or is revoked'
  return {
    code: 'route-for-nobody',
    path: settingPath(subject, first, 'auth'),
    message: `nobody can pass ${namesOf(asking.map(({ id }) => id))}: ${why}`,
    hint: '`sallyport keys new --id CLIENT` prints a key, and its entry for `keys`',
  }
}

/** One finding for each place: what stands in `defaults` is one mistake. */
function* withKeys(
  closed: readonly OutlineRoute[],
  keys: readonly KeyEntry[],
  subject: Subject,
): Generator<Finding> {
  const byPlace = [...Map.groupBy(closed, (route) => JSON.stringify(placeOf(route, subject))).values()]
  for (const [i, routes] of byPlace.entries()) {
    const [first] = routes as [OutlineRoute]
    const message = `nobody can pass ${namesOf(routes.map(({ id }) => id))}`
    const finding = { code: 'route-for-nobody', path: placeOf(first, subject) } as const
    if (i >= MAX_REASONS) yield { ...finding, message }
    else {
      const { why, hint } = reasonOf(first, keys)
      yield { ...finding, message: `${message}: ${why}`, hint }
    }
  }
}

/** What asks for too much; where nothing is asked for, the route itself, which the keys leave out. */
function placeOf(route: OutlineRoute, subject: Subject): Finding['path'] {
  const isOpen = Object.values(route.allow).every((wanted) => wanted === null)
  return isOpen ? ['routes', route.index] : settingPath(subject, route, 'allow')
}

interface Reason {
  readonly why: string
  readonly hint: string
}

function reasonOf({ id, allow }: OutlineRoute, keys: readonly KeyEntry[]): Reason {
  const here = keys.filter(({ routes }) => routes === null || routes.has(id))
  if (here.length === 0) {
    return {
      why: 'the `routes` of every key leave it out',
      hint: 'name it in the `routes` of a key, or take it away',
    }
  }
  const held = heldBy(here)
  const reason =
    lacking('scope', allow.scopes, held.scopes, 'all') ??
    lacking('scope', allow.anyScope, held.scopes, 'any') ??
    lacking('role', allow.roles, held.roles, 'any') ??
    lacking('org', allow.orgs, held.orgs, 'any')
  const hint = 'look at the scopes, roles and orgs of `keys`'
  return reason ?? { why: 'no single key has all that its `allow` asks for', hint }
}

function heldBy(keys: readonly KeyEntry[]) {
  return {
    scopes: new Set(keys.flatMap(({ scopes }) => scopes)),
    roles: new Set(keys.flatMap(({ roles }) => roles)),
    orgs: new Set(keys.map(({ org }) => org)),
  }
}

/** @param wanted null: nothing is asked for */
function lacking(
  what: string,
  wanted: readonly string[] | null,
  held: ReadonlySet<string>,
  need: 'all' | 'any',
): Reason | null {
  const missing = (wanted ?? []).filter((name) => !held.has(name))
  if (missing.length === 0 || (need === 'any' && missing.length < (wanted ?? []).length)) return null
  const some = [...held].slice(0, MAX_NAMES)
  const near = missing.map((name) => didYouMean(name, some)).find((hint) => hint !== undefined)
  const which = `${need === 'any' ? 'one of the' : 'the'} ${what}s ${namesOf(missing)}`
  const why = `no key that is accepted there has ${missing.length === 1 ? `the ${what} ${namesOf(missing)}` : which}`
  return { why, hint: near ?? `give it to a key in \`keys\`, or change \`allow\`` }
}
