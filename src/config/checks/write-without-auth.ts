import type { OutlineRoute } from '../outline-route.ts'
import { type PolicyCheck, settingPath } from './subject.ts'

/** Safe methods (RFC 9110 9.2.1 and the registry of IANA): they ask, and change nothing. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'QUERY', 'REPORT', 'SEARCH'])
const ANYBODY = 'none'
const MAX_METHODS = 4

/** Routes where a request that changes something needs no credential. */
export const writeWithoutAuth: PolicyCheck = function* writeWithoutAuth(subject) {
  for (const route of subject.routes) {
    const writes = route.match.methods.filter((method) => !SAFE.has(method))
    if (writes.length === 0 || !isForAnybody(route)) continue
    const own = settingPath(subject, route, 'auth')
    const methods = `${writes.slice(0, MAX_METHODS).join(', ')}${writes.length > MAX_METHODS ? ', …' : ''}`
    yield {
      code: 'write-without-auth',
      // A route inherits `auth` of the defaults, but is dangerous by its own methods.
      path: own[0] === 'routes' ? own : ['routes', route.index],
      message: `anybody may send ${methods} to the route \`${route.id}\``,
      hint: subject.has(['routes', route.index, 'match', 'methods'])
        ? 'ask for a key'
        : 'it names no methods, so it has all of the usual ones: write `methods: [GET]`, or ask for a key',
    }
  }
}

/** What `allow` asks for, nobody without a credential has. */
function isForAnybody({ auth, allow }: OutlineRoute): boolean {
  return auth.includes(ANYBODY) && Object.values(allow).every((wanted) => wanted === null)
}
