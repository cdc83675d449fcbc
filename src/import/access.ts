import { visible } from '../config/issues.ts'
import type { Operation, Requirement } from './operations.ts'
import { type Scheme, WITHOUT_SCHEME } from './security.ts'

/** Who may use a route. */
export interface Access {
  readonly auth: 'none' | readonly string[]
  readonly allow: Allow | null
  /** What is told of `auth`. */
  readonly notes: readonly string[]
  /** What is told of `allow`. */
  readonly allowNotes: readonly string[]
}

export interface Allow {
  readonly scopes?: readonly string[]
  readonly any_scope?: readonly string[]
}

/** Nobody has it: it keeps a route closed whose document asks for what no policy can say. */
export const UNDECIDED = 'sallyport:undecided'

const ANYBODY = 'none'
/** `none` may stand beside them, see policies/auth/schema.ts. */
const MAX_NAMES = 7
const MAX_SCOPES = 100
/** Each is held against each other. */
const MAX_WAYS = 30
const MAX_UNSAID = 3
/** `${` would be a reference in a policy. */
const SCOPE = /^(?!.*\$\{).{1,200}$/s
const MAX_NAME_TOLD = 60
const CLOSED = 'nobody has this scope: the route stays closed until you decide who may use it'

/** An alternative of the document that a policy can say: one credential, with scopes. */
interface Way {
  readonly scheme: string
  readonly authenticator: string
  readonly scopes: readonly string[]
}

/** Who may use an operation, as far as a policy can say it; where it cannot, fewer and never more. */
export function accessOf(operation: Operation, schemes: ReadonlyMap<string, Scheme>): Access {
  const { security } = operation
  if (security === null) return openTo('none', 'the document has no `security` for it')
  const asked = security.filter(({ size }) => size > 0)
  if (asked.length === 0) return openTo('none', '`security` asks for nothing')
  const { ways, unsaid } = saidOf(asked, schemes)
  const names = [...new Set(ways.map(({ authenticator }) => authenticator))].slice(0, MAX_NAMES)
  if (asked.length < security.length) {
    return openTo(names.length === 0 ? 'none' : [...names, ANYBODY], 'a credential is optional')
  }
  if (names.length === 0) {
    const notes = unsaid.map((why) => `the document asks for ${why}`)
    return closed([authenticatorOf(firstScheme(asked), schemes)], notes)
  }
  const kept = leastOf(ways.filter(({ authenticator }) => names.includes(authenticator)))
  return { auth: names, notes: unsaid.map((why) => `left out: ${why}`), ...allowOf(kept) }
}

/** The alternatives that a policy can say, and why it cannot say the others. */
function saidOf(asked: readonly Requirement[], schemes: ReadonlyMap<string, Scheme>) {
  const ways = new Map<string, Way>()
  const unsaid = new Set<string>()
  for (const one of asked) {
    const way = wayOf(one, schemes)
    if (way === null) unsaid.add(whyUnsaid(one))
    else if (ways.size < MAX_WAYS) ways.set(JSON.stringify([way.scheme, way.scopes]), way)
    else unsaid.add(`all but the first ${MAX_WAYS} alternatives`)
  }
  return { ways: [...ways.values()], unsaid: [...unsaid].slice(0, MAX_UNSAID) }
}

/**
 * Who may use a route that gets the requests of two operations: whoever may use both. Which of the two a request is
 * for, no pattern tells.
 */
export function stricterOf(a: Access, b: Access): Access {
  if (isOpen(b)) return a
  if (isOpen(a)) return b
  const auth = namesIn(a).filter((name) => namesIn(b).includes(name))
  const notes = [...new Set([...a.notes, ...b.notes])]
  if (auth.length === 0) return closed(namesIn(a), [...notes, 'no credential is good for both operations'])
  const allowNotes = [...new Set([...a.allowNotes, ...b.allowNotes])]
  return { auth, notes, ...bounded(bothOf(a.allow ?? {}, b.allow ?? {}), allowNotes) }
}

export function isSameAccess(a: Access, b: Access): boolean {
  return JSON.stringify([a.auth, a.allow]) === JSON.stringify([b.auth, b.allow])
}

function openTo(auth: Access['auth'], note: string): Access {
  return { auth, allow: null, notes: [note], allowNotes: [] }
}

function closed(auth: readonly string[], notes: readonly string[]): Access {
  return { auth, allow: { scopes: [UNDECIDED] }, notes, allowNotes: [CLOSED] }
}

function namesIn({ auth }: Access): readonly string[] {
  return auth === 'none' ? [ANYBODY] : auth
}

function isOpen(access: Access): boolean {
  return namesIn(access).includes(ANYBODY)
}

function authenticatorOf(scheme: string, schemes: ReadonlyMap<string, Scheme>): string {
  return schemes.get(scheme)?.authenticator ?? WITHOUT_SCHEME
}

function firstScheme([first]: readonly Requirement[]): string {
  return first?.keys().next().value ?? ''
}

/** null: a policy cannot ask for two credentials at once, nor for such scopes. */
function wayOf(requirement: Requirement, schemes: ReadonlyMap<string, Scheme>): Way | null {
  const [first, second] = requirement
  if (first === undefined || second !== undefined) return null
  const [scheme, written] = first
  const scopes = [...new Set(written)].sort()
  const isSayable = scopes.length <= MAX_SCOPES && scopes.every((one) => SCOPE.test(one))
  return isSayable ? { scheme, authenticator: authenticatorOf(scheme, schemes), scopes } : null
}

function whyUnsaid(requirement: Requirement): string {
  const names = [...requirement.keys()].map(told).join(' and ')
  return requirement.size > 1
    ? `${names} at once, and a policy asks for one credential`
    : `${names} with scopes that a policy cannot name`
}

/** Without those that ask for more of a scheme than another does. */
function leastOf(ways: readonly Way[]): readonly Way[] {
  const isMore = (way: Way, other: Way, i: number, j: number) =>
    way.scheme === other.scheme &&
    isWithin(other.scopes, way.scopes) &&
    (other.scopes.length < way.scopes.length || j < i)
  return ways.filter((way, i) => !ways.some((other, j) => isMore(way, other, i, j)))
}

function isWithin(scopes: readonly string[], others: readonly string[]): boolean {
  return scopes.every((scope) => others.includes(scope))
}

/** A policy asks the same scopes of everybody, whichever credential was shown. */
function allowOf(ways: readonly Way[]): Pick<Access, 'allow' | 'allowNotes'> {
  const [first, ...rest] = ways.map(({ scopes }) => scopes)
  const common = (first ?? []).filter((scope) => rest.every((scopes) => scopes.includes(scope)))
  const others = ways.map(({ scopes }) => scopes.filter((scope) => !common.includes(scope)))
  if (others.every(({ length }) => length === 0)) return bounded({ scopes: common }, [])
  if (others.every(({ length }) => length === 1) && isSameForAll(ways)) {
    return bounded({ scopes: common, any_scope: [...new Set(others.flat())] }, [])
  }
  const chosen = ways.find(({ scopes }) => suitsAll(scopes, ways))
  const scopes = chosen?.scopes ?? [...new Set(ways.flatMap((way) => way.scopes))]
  return bounded({ scopes }, [`the document also lets in ${alternatives(ways, chosen)}`])
}

/** Whoever holds these scopes is let in with every one of the schemes. */
function suitsAll(scopes: readonly string[], ways: readonly Way[]): boolean {
  return [...Map.groupBy(ways, ({ scheme }) => scheme).values()].every((ofScheme) =>
    ofScheme.some((way) => isWithin(way.scopes, scopes)),
  )
}

function isSameForAll(ways: readonly Way[]): boolean {
  const texts = [...Map.groupBy(ways, ({ scheme }) => scheme).values()].map((ofScheme) =>
    ofScheme
      .map(({ scopes }) => JSON.stringify(scopes))
      .sort()
      .join(),
  )
  return new Set(texts).size === 1
}

function alternatives(ways: readonly Way[], chosen: Way | undefined): string {
  const texts = ways
    .filter((way) => way !== chosen)
    .map(({ scheme, scopes }) =>
      scopes.length === 0 ? `${told(scheme)} without scopes` : `${told(scheme)} with ${toldAll(scopes)}`,
    )
  return `${texts.join(', or ')}; a policy asks the same of everybody`
}

/** Both are asked for. */
function bothOf(a: Allow, b: Allow): Allow {
  const scopes = [...new Set([...(a.scopes ?? []), ...(b.scopes ?? [])])]
  const [any, other] = [a.any_scope, b.any_scope]
  if (any === undefined || other === undefined) return { scopes, any_scope: any ?? other ?? [] }
  const shared = any.filter((scope) => other.includes(scope))
  return shared.length > 0
    ? { scopes, any_scope: shared }
    : { scopes: [...new Set([...scopes, ...any, ...other])] }
}

/** What is empty asks for nothing; what is too long for a policy lets in nobody. */
function bounded(
  { scopes = [], any_scope = [] }: Allow,
  notes: readonly string[],
): Pick<Access, 'allow' | 'allowNotes'> {
  if (Math.max(scopes.length, any_scope.length) > MAX_SCOPES) {
    return { allow: { scopes: [UNDECIDED] }, allowNotes: [`more than ${MAX_SCOPES} scopes`, CLOSED] }
  }
  if (scopes.length + any_scope.length === 0) return { allow: null, allowNotes: [] }
  const allow = {
    ...(scopes.length === 0 ? {} : { scopes }),
    ...(any_scope.length === 0 ? {} : { any_scope }),
  }
  return { allow, allowNotes: notes }
}

function told(name: string): string {
  return visible(name, MAX_NAME_TOLD)
}

function toldAll(scopes: readonly string[]): string {
  return scopes.map(told).join(' and ')
}
