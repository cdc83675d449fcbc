import { isMapping, type Mapping, member, type OpenApi, textOr } from './document.ts'
import { kebab, Names } from './names.ts'
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

const KEY = { authenticator: 'key', place: 'header:x-api-key' } as const
/** What takes the place of a scheme that the document does not have. */
export const WITHOUT_SCHEME = KEY.authenticator
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
