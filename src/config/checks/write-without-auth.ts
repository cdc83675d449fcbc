import type { OutlineRoute } from '../outline-route.ts'
import { type Finding, namesOf, type PolicyCheck, type Subject, settingPath } from './subject.ts'

/** Safe methods (RFC 9110 9.2.1 and the registry of IANA): they ask, and change nothing. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'QUERY', 'REPORT', 'SEARCH'])
const ANYBODY = 'none'
const MAX_METHODS = 4

/** Routes where a request that changes something needs no credential. */
export const writeWithoutAuth: PolicyCheck = function* writeWithoutAuth(subject) {
  for (const route of subject.routes) {
    const writes = writesOf(route)
    if (writes.length === 0 || !isForAnybody(route)) continue
    const own = settingPath(subject, route, 'auth')
    yield {
      code: 'write-without-auth',
      // A route inherits `auth` of the defaults, but is dangerous by its own methods.
      path: own[0] === 'routes' ? own : ['routes', route.index],
      message: `anybody may send ${listed(writes)} to the route \`${route.id}\``,
      hint: subject.has(['routes', route.index, 'match', 'methods'])
        ? 'ask for a key'
        : 'it names no methods, so it has all of the usual ones: write `methods: [GET]`, or ask for a key',
    }
  }
}

/** The same for as long as a route only reports who has no key: one finding for a file, since that is a time of its own. */
export const writeOnlyReported: PolicyCheck = function* writeOnlyReported(subject) {
  const routes = subject.routes.filter(
    (route) => writesOf(route).length > 0 && !isForAnybody(route) && isReportedForAnybody(route),
  )
  const [first] = routes
  if (first === undefined) return
  const writes = new Set(routes.flatMap(writesOf))
  yield {
    code: 'write-only-reported',
    path: modePath(subject, first),
    message: `without a key anybody may send ${listed([...writes])} to ${namesOf(routes.map(({ id }) => id))}: their \`auth\` is only reported`,
    hint: 'right while clients are watched; `mode: enforce`, or `enforce: 100%`, ends it',
  }
}

/** Without a key one gets in where what refuses it only reports. */
function isReportedForAnybody({ auth, allow, reported }: OutlineRoute): boolean {
  const isReported = (check: string) => reported?.checks.includes(check) === true
  const isAsked = Object.values(allow).some((wanted) => wanted !== null)
  return (auth.includes(ANYBODY) || isReported('auth')) && (!isAsked || isReported('scopes'))
}

/** Where it stands that a route only reports. */
function modePath(subject: Subject, route: OutlineRoute): Finding['path'] {
  if (subject.sections.single.mode === 'report') return ['mode']
  const [enforce, mode] = [settingPath(subject, route, 'enforce'), settingPath(subject, route, 'mode')]
  return enforce.at(-1) === 'enforce' ? enforce : mode
}

function writesOf({ match }: OutlineRoute): string[] {
  return match.methods.filter((method) => !SAFE.has(method))
}

function listed(methods: readonly string[]): string {
  return `${methods.slice(0, MAX_METHODS).join(', ')}${methods.length > MAX_METHODS ? ', …' : ''}`
}

/** What `allow` asks for, nobody without a credential has. */
function isForAnybody({ auth, allow }: OutlineRoute): boolean {
  return auth.includes(ANYBODY) && Object.values(allow).every((wanted) => wanted === null)
}
