import { isMapping, type Mapping, member, type OpenApi, textOr } from './document.ts'
import { kebab, Names } from './names.ts'
import type { Operation, Requirement } from './operations.ts'
import { pointerTo, resolved } from './references.ts'

/** A security scheme of the document as the authenticator that takes its place. */
export interface Scheme {
  /** `key` where nothing but keys can take its place. */
  readonly authenticator: string
  /** Where the authenticator looks. */
  readonly place: string
  readonly pointer: string
  /** What whoever reads the policy should know of it. */
  readonly note: string | null
}

/** Who may use a route. */
export interface Access {
  readonly auth: 'none' | readonly string[]
  readonly allow: { readonly scopes: readonly string[] } | { readonly any_scope: readonly string[] } | null
  readonly notes: readonly string[]
}

const KEY = { authenticator: 'key', place: 'header:x-api-key' } as const
/** Names that the grammar of places takes, see policies/key/schema.ts. */
const HEADER = /^[!#$%&'*+.^`|~0-9A-Za-z-]{1,64}$/
const QUERY = /^[A-Za-z0-9._~-]{1,64}$/
const NO_TOKENS = 'tokens cannot be judged yet: API keys take their place'

/** The security schemes of the document, by their names. Two that look in one place are one authenticator. */
export function schemesOf({ root }: OpenApi): ReadonlyMap<string, Scheme> {
  const written = member(root.components, 'securitySchemes')
  const names = new Names(['none', KEY.authenticator])
  const byPlace = new Map<string, string>([[KEY.place, KEY.authenticator]])
  const schemes = new Map<string, Scheme>()
  for (const [name, one] of Object.entries(isMapping(written) ? written : {})) {
    const pointer = pointerTo('#/components/securitySchemes', name)
    const scheme = resolved(root, one)
    const { place, note } = placeOf(isMapping(scheme) ? scheme : {})
    const authenticator = byPlace.get(place) ?? authenticatorFor(name, place, names)
    byPlace.set(place, authenticator)
    schemes.set(name, { authenticator, place, pointer, note })
  }
  return schemes
}

function authenticatorFor(name: string, place: string, names: Names): string {
  return names.take(name, kebab(place) || 'scheme')
}

interface Placed {
  readonly place: string
  readonly note: string | null
}

function placeOf(scheme: Mapping): Placed {
  switch (scheme.type) {
    case 'apiKey':
      return apiKeyPlace(textOr(scheme.name, ''), scheme.in)
    case 'http':
      return httpPlace(textOr(scheme.scheme, '').toLowerCase())
    case 'oauth2':
    case 'openIdConnect':
      return { place: KEY.place, note: `${scheme.type}: ${NO_TOKENS}` }
    default:
      return {
        place: KEY.place,
        note: `${textOr(scheme.type, 'a scheme')} is not supported: API keys take its place`,
      }
  }
}

function apiKeyPlace(name: string, where: unknown): Placed {
  const lower = name.toLowerCase()
  if (where === 'header' && lower === 'authorization') {
    return { place: 'bearer', note: 'a key in `Authorization` is sent as `Bearer KEY`' }
  }
  if (where === 'header' && HEADER.test(name) && lower !== 'cookie')
    return { place: `header:${lower}`, note: null }
  if (where === 'query' && QUERY.test(name)) {
    return { place: `query:${name}`, note: 'a key in the query stands in histories and logs of others' }
  }
  return {
    place: KEY.place,
    note: `a key in ${String(where)} ${name} is not supported: the header x-api-key takes its place`,
  }
}

function httpPlace(scheme: string): Placed {
  if (scheme === 'bearer')
    return { place: 'bearer', note: `API keys are sent as \`Bearer KEY\`; ${NO_TOKENS}` }
  if (scheme === 'basic') return { place: 'basic', note: 'the API key is the password, with any user name' }
  return { place: KEY.place, note: `http ${scheme} is not supported: API keys take its place` }
}

/** Who may use an operation, as far as a policy can say it. */
export function accessOf(operation: Operation, schemes: ReadonlyMap<string, Scheme>): Access {
  const { security } = operation
  if (security === null)
    return { auth: 'none', allow: null, notes: ['the document has no `security` for it'] }
  const asked = security.filter(({ size }) => size > 0)
  if (asked.length === 0) return { auth: 'none', allow: null, notes: ['`security` asks for nothing'] }
  const names = new Set(asked.flatMap((one) => authenticatorsOf(one, schemes)))
  const notes = asked.some(({ size }) => size > 1)
    ? ['the document asks for several at once; any one is asked here']
    : []
  if (asked.length < security.length) {
    return { auth: [...names, 'none'], allow: null, notes: [...notes, 'a credential is optional'] }
  }
  return { auth: [...names].slice(0, MAX_NAMES), ...allowOf(asked, notes) }
}

const MAX_NAMES = 7
const MAX_SCOPES = 100
/** `${` would be a reference in a policy. */
const SCOPE = /^(?!.*\$\{).{1,200}$/s

function authenticatorsOf(requirement: Requirement, schemes: ReadonlyMap<string, Scheme>): string[] {
  return [...requirement.keys()].map((name) => schemes.get(name)?.authenticator ?? KEY.authenticator)
}

/** Scopes that stand in every alternative are asked for; of different ones any is enough. */
function allowOf(asked: readonly Requirement[], notes: readonly string[]): Omit<Access, 'auth'> {
  const lists = asked.map((one) => [...new Set([...one.values()].flat())].sort())
  const all = [...new Set(lists.flat())]
  if (all.length === 0) return { allow: null, notes }
  const isSayable = all.length <= MAX_SCOPES && all.every((one) => SCOPE.test(one))
  if (!isSayable || lists.some(({ length }) => length === 0)) {
    return {
      allow: null,
      notes: [...notes, 'scopes are asked for in only some of the alternatives: left out'],
    }
  }
  const isSame = lists.every((list) => list.join('\n') === lists[0]?.join('\n'))
  if (isSame) return { allow: { scopes: all }, notes }
  return {
    allow: { any_scope: all },
    notes: [...notes, 'the alternatives ask for different scopes: any is enough here'],
  }
}
