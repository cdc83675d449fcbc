import { type Row, row } from './row.ts'
import type { Draft } from './scene.ts'

const orders = (draft: Draft): Draft => draft.routes[1]
const secure = (draft: Draft): Draft => draft.routes[2]

const MATCHES: readonly Row[] = [
  row(
    'a route for what nothing served',
    (p) => p.routes.push({ id: 'new', match: { path: '/new' }, auth: 'none', limits: ['address'] }),
    'route-added',
    'route-gone',
  ),
  row(
    'a route that takes some requests of another one, and is open to all',
    (p) =>
      p.routes.push({
        id: 'new',
        match: { path: '/secure/open', methods: ['GET'] },
        auth: 'none',
        limits: ['address'],
        upstream: 'tls',
      }),
    'auth-none-added route-limit-gone route-split',
    'auth-none-gone route-limit-added route-merged route-takes-over',
  ),
  row(
    'a route that takes requests where its pattern crosses another one',
    (p) => p.routes.push({ id: 'new', match: { path: '/orders/special', methods: ['GET'] } }),
    'access-wider any-scope-wider body-schema-gone body-size-looser cors-gone orgs-wider query-looser reply-field-passes roles-wider route-keys-narrower route-limit-gone route-split scope-dropped',
    'access-narrower any-scope-narrower body-schema-added body-size-tighter cors-added orgs-narrower query-tighter roles-narrower route-keys-wider route-limit-added route-merged route-takes-over scope-needed',
  ),
  row('another id', (p) => (secure(p).id = 'safe'), 'route-renamed', 'route-renamed'),
  row(
    'one more method',
    (p) => orders(p).match.methods.push('PUT'),
    'cors-methods-added route-methods-added',
    'cors-methods-gone route-methods-gone',
  ),
  row('a wider path', (p) => (orders(p).match.path = '/orders/*'), 'route-path-wider', 'route-path-narrower'),
  row(
    'another path',
    (p) => (orders(p).match.path = '/sales/:id'),
    'route-path-narrower route-path-wider',
    'route-path-narrower route-path-wider',
  ),
  row(
    'upper and lower case alike',
    (p) => (orders(p).path = { case: 'insensitive' }),
    'route-path-wider',
    'route-path-narrower',
  ),
  row(
    'a final slash that does not matter',
    (p) => (orders(p).path = { trailing_slash: 'ignore' }),
    'route-path-wider',
    'route-path-narrower',
  ),
  row(
    'one more host',
    (p) => secure(p).match.hosts.push('b.example.com'),
    'route-hosts-added',
    'route-hosts-gone',
    (p) => (secure(p).match.hosts = ['a.example.com']),
  ),
  row(
    'every host',
    (p) => delete secure(p).match.hosts,
    'route-hosts-added',
    'route-hosts-gone',
    (p) => (secure(p).match.hosts = ['a.example.com']),
  ),
]

const AUTH: readonly Row[] = [
  row(
    'no authentication',
    (p) => (secure(p).auth = 'none'),
    'auth-none-added',
    'auth-none-gone',
    (p) => (secure(p).limits = ['address']),
  ),
  row('anonymous, too', (p) => (secure(p).auth = ['key', 'none']), 'auth-none-added', 'auth-none-gone'),
  row(
    'one more authenticator',
    (p) => (secure(p).auth = ['key', 'git']),
    'auth-added',
    'auth-gone client-field-passes',
    withGit,
  ),
  row(
    'credentials that are looked at',
    (p) => (p.routes[0].auth = ['none', 'key']),
    'auth-judged',
    'auth-unjudged',
  ),
  row('a scope less', (p) => orders(p).allow.scopes.pop(), 'scope-dropped', 'scope-needed'),
  row(
    'one more of any scope',
    (p) => orders(p).allow.any_scope.push('c'),
    'any-scope-wider',
    'any-scope-narrower',
  ),
  row(
    'no longer any scope',
    (p) => delete orders(p).allow.any_scope,
    'any-scope-wider',
    'any-scope-narrower',
  ),
  row('one more role', (p) => orders(p).allow.roles.push('boss'), 'roles-wider', 'roles-narrower'),
  row('one more org', (p) => orders(p).allow.orgs.push('globex'), 'orgs-wider', 'orgs-narrower'),
  row(
    'nothing to be held',
    (p) => delete orders(p).allow,
    'any-scope-wider orgs-wider roles-wider scope-dropped',
    'any-scope-narrower orgs-narrower roles-narrower scope-needed',
  ),
]

/** For the routes; a key may still bring the old one along. */
function inPlaceOf(p: Draft, old: string, now: string): void {
  for (const one of [p.defaults, ...p.routes]) {
    one.limits = one.limits?.map((name: string) => (name === old ? now : name))
    if (one.limits === undefined) delete one.limits
  }
}

function withGit(p: Draft): void {
  p.authenticators = { git: { type: 'api_key', in: ['bearer'] } }
  p.routes.push({ id: 'git', match: { path: '/git' }, auth: ['git'] })
}

const LIMITS: readonly Row[] = [
  row('a limit less', (p) => (secure(p).limits = ['address']), 'route-limit-gone', 'route-limit-added'),
  row(
    'a stricter limit in the place of one, wherever that held',
    (p) => {
      p.limits.strict = { by: 'key', rate: '6/minute', burst: '1/second' }
      inPlaceOf(p, 'key', 'strict')
    },
    'route-limit-added route-limit-stricter',
    'route-limit-added route-limit-gone',
  ),
  row(
    'a limit under another name, wherever it held',
    (p) => {
      p.limits.again = { ...p.limits.key }
      inPlaceOf(p, 'key', 'again')
    },
    'limit-renamed',
    'limit-renamed',
  ),
  row(
    'a quota under another name',
    (p) => {
      p.limits.again = { ...p.limits.plan }
      inPlaceOf(p, 'plan', 'again')
    },
    'quota-anew',
    'quota-anew',
  ),
  row(
    'a route that is split under a limit by route',
    (p) => p.routes.push({ id: 'new', match: { path: '/secure/new' }, upstream: 'tls', limits: ['each'] }),
    'route-limit-apart route-split',
    'route-merged route-takes-over',
    (p) => {
      p.limits.each = { by: ['ip', 'route'], rate: '9/minute' }
      secure(p).limits = ['each']
    },
  ),
  row(
    'a lower cost',
    (p) => (secure(p).cost = 2),
    'cost-lower',
    'cost-higher',
    (p) => (secure(p).cost = 3),
  ),
  row(
    'other fields about limits',
    (p) => (secure(p).limit_headers = 'off'),
    'limit-headers-changed',
    'limit-headers-changed',
  ),
]

export const ROUTE_ROWS: readonly Row[] = [...MATCHES, ...AUTH, ...LIMITS]
