import type { Outline } from '../config/outline.ts'
import type { OutlineRoute } from '../config/outline-route.ts'
import { type Finding, finding } from './change.ts'
import type { Code } from './codes.ts'
import { between, listed, quoted } from './words.ts'

const ANONYMOUS = 'none'

/** Who may use the route: `auth` and `allow`. */
export function compareAuth(before: OutlineRoute, after: OutlineRoute): Finding[] {
  return [...anonymous(before, after), ...authenticators(before, after), ...allow(before, after)]
}

function anonymous({ auth: before }: OutlineRoute, { auth: after }: OutlineRoute): Finding[] {
  const [was, is] = [before.includes(ANONYMOUS), after.includes(ANONYMOUS)]
  if (was === is) return []
  if (is && after.length === 1) {
    return [finding('auth-none-added', 'everybody is let in: it has no authentication any more', ['auth'])]
  }
  if (is) return [finding('auth-none-added', 'requests without a credential are let in', ['auth'])]
  const now = `a credential is needed: ${listed(named(after))}`
  return [finding('auth-none-gone', now, ['auth'])]
}

function authenticators(before: OutlineRoute, after: OutlineRoute): Finding[] {
  const { added, gone } = between(named(before.auth), named(after.auth))
  // Where everybody is let in, whoever has a credential is, too.
  const wasForAll = before.auth.includes(ANONYMOUS) && !isRestricted(before)
  const isForAll = after.auth.includes(ANONYMOUS) && !isRestricted(after)
  const enough = wasForAll
    ? 'is looked at, too: its principals are no longer counted by address'
    : 'is enough, too'
  return [
    ...(wasForAll && !tellsApart(before)
      ? []
      : added.map((name) => finding('auth-added', `${quoted(name)} ${enough}`, ['auth']))),
    ...(isForAll
      ? []
      : gone.map((name) => finding('auth-gone', `${quoted(name)} is no longer enough`, ['auth']))),
  ]
}

/** Whether it matters to limits or to a share of `enforce` who somebody is that is let in anyway. */
function tellsApart({ auth, reported }: OutlineRoute): boolean {
  return named(auth).length > 0 || (reported?.enforcedPercent ?? 0) > 0
}

type Sided = readonly [route: OutlineRoute, outline: Outline]

/**
 * Beside `none`, a bad credential is refused only where somebody looks at it: elsewhere it is as good as none. So the
 * places count, of whichever authenticator they are.
 */
export function comparePlaces(before: Sided, after: Sided): Finding[] {
  if (![before, after].every(([{ auth }]) => auth.includes(ANONYMOUS))) return []
  const { added, gone } = between(placesOf(before), placesOf(after))
  return [
    ...(added.length > 0
      ? [
          finding(
            'auth-judged',
            `credentials in ${listed(added)} are looked at, and a bad one is refused`,
            AUTH,
          ),
        ]
      : []),
    ...(gone.length > 0
      ? [finding('auth-unjudged', `credentials in ${listed(gone)} are no longer looked at, bad or not`, AUTH)]
      : []),
  ]
}

const AUTH = ['auth']

function placesOf([{ auth }, { authenticators: all }]: Sided): string[] {
  return named(auth).flatMap((name) => all[name] ?? [])
}

function isRestricted({ allow: wanted }: OutlineRoute): boolean {
  return Object.values(wanted).some((list) => list !== null)
}

function named(auth: readonly string[]): string[] {
  return auth.filter((name) => name !== ANONYMOUS)
}

function allow({ allow: before }: OutlineRoute, { allow: after }: OutlineRoute): Finding[] {
  const { added, gone } = between(before.scopes ?? [], after.scopes ?? [])
  const path = ['allow', 'scopes']
  return [
    ...gone.map((scope) => finding('scope-dropped', `the scope ${quoted(scope)} is no longer needed`, path)),
    ...added.map((scope) => finding('scope-needed', `the scope ${quoted(scope)} is needed, too`, path)),
    ...anyOf(ANY_SCOPE, before.anyScope, after.anyScope),
    ...anyOf(ROLES, before.roles, after.roles),
    ...anyOf(ORGS, before.orgs, after.orgs),
  ]
}

interface AnyOf {
  readonly wider: Code
  readonly narrower: Code
  readonly key: string
  readonly what: string
}

const ANY_SCOPE: AnyOf = {
  wider: 'any-scope-wider',
  narrower: 'any-scope-narrower',
  key: 'any_scope',
  what: 'scope',
}
const ROLES: AnyOf = { wider: 'roles-wider', narrower: 'roles-narrower', key: 'roles', what: 'role' }
const ORGS: AnyOf = { wider: 'orgs-wider', narrower: 'orgs-narrower', key: 'orgs', what: 'organisation' }

/** A list of which one is enough; null asks for nothing. */
function anyOf(of: AnyOf, before: readonly string[] | null, after: readonly string[] | null): Finding[] {
  const path = ['allow', of.key]
  if (before === null && after === null) return []
  if (after === null) return [finding(of.wider, `no longer asks for one of \`${of.key}\``, path)]
  if (before === null) return [finding(of.narrower, `asks for one of \`${of.key}\`: ${listed(after)}`, path)]
  const { added, gone } = between(before, after)
  return [
    ...added.map((name) => finding(of.wider, `the ${of.what} ${quoted(name)} is enough, too`, path)),
    ...gone.map((name) => finding(of.narrower, `the ${of.what} ${quoted(name)} is no longer enough`, path)),
  ]
}
