import type { Sections } from './compile-sections.ts'
import type { Draft } from './draft.ts'
import type { PathOptions } from './pattern.ts'

/** Which requests a route is for beside its pattern and methods, and what of it is a secret. */
export interface RouteAbout {
  /** Lower-case hosts and `*.` wildcards; null is every host. */
  readonly hosts: readonly string[] | null
  readonly path: PathOptions
  /** Lower-case names of the fields for the upstream whose values came from references. */
  readonly secretFields: ReadonlySet<string>
  /** The same of the fields for the client. */
  readonly secretReplyFields: ReadonlySet<string>
}

const NO_NAMES: ReadonlySet<string> = new Set()
const USUAL_PATH: PathOptions = Object.freeze({
  encodedSlash: 'reject',
  case: 'sensitive',
  trailingSlash: 'strict',
})
/** One object for all routes that are like most: there may be ten thousand of them. */
const USUAL: RouteAbout = Object.freeze({
  hosts: null,
  path: USUAL_PATH,
  secretFields: NO_NAMES,
  secretReplyFields: NO_NAMES,
})

/** By the route's id. */
export function routesAbout(sections: Sections, draft: Draft): ReadonlyMap<string, RouteAbout> {
  const byId = new Map<string, RouteAbout>()
  for (const [index, route] of sections.listed.routes.entries()) {
    if (route !== null) byId.set(route.id, routeAbout(route, index, sections, draft))
  }
  return byId
}

type Written = NonNullable<Sections['listed']['routes'][number]>

function routeAbout({ match, ...own }: Written, index: number, sections: Sections, draft: Draft): RouteAbout {
  const { defaults } = sections.single
  const isOwn = (key: string) => draft.has(['routes', index, key])
  const path = (isOwn('path') ? own.path : defaults?.path) ?? null
  const headers = isOwn('headers') ? own.headers : defaults?.headers
  const place = [...(isOwn('headers') ? ['routes', index] : ['defaults']), 'headers']
  const secretsOf = (way: 'request' | 'response'): ReadonlySet<string> => {
    const names = Object.keys(headers?.[way]?.set ?? {})
    const secret = names.filter((name) => draft.values.isSecret([...place, way, 'set', name]))
    return secret.length === 0 ? NO_NAMES : new Set(secret.map((name) => name.toLowerCase()))
  }
  const [secretFields, secretReplyFields] = [secretsOf('request'), secretsOf('response')]
  const hasSecrets = secretFields.size + secretReplyFields.size > 0
  if (match.hosts === undefined && path === null && !hasSecrets) return USUAL
  return Object.freeze({
    hosts: match.hosts ?? null,
    path:
      path === null
        ? USUAL_PATH
        : { encodedSlash: path.encoded_slash, case: path.case, trailingSlash: path.trailing_slash },
    secretFields,
    secretReplyFields,
  })
}
