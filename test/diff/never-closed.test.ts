import { type Opening, opening, policy, testClosing, testOpenings, withLimits } from './openings.ts'
import { type Draft, hashOf } from './scene.ts'

function withNone(more: Draft): Draft {
  const draft = policy(more)
  draft.routes[0].auth = ['key', 'git', 'none']
  draft.routes[1].auth = ['key', 'git']
  return draft
}

const ADMIN = {
  keys: [{ id: 'k1', hash: hashOf(1), routes: ['all'] }],
  routes: [
    { id: 'all', match: { path: '/x/*' } },
    { id: 'admin', match: { path: '/x/admin/*' } },
  ],
}
const KEYS: readonly Opening[] = [
  opening(
    'a route is gone whose requests another one serves, for which more keys are good',
    'route-keys-wider',
    policy(ADMIN),
    (p) => p.routes.pop(),
  ),
  opening(
    'a route is narrower, and another one serves the rest, for which more keys are good',
    'route-keys-wider',
    policy(ADMIN),
    (p) => (p.routes[1].match.path = '/x/admin/a'),
  ),
  opening(
    'an authenticator is gone beside none, so a bad credential is as good as none',
    'auth-unjudged',
    withNone({ authenticators: { git: { type: 'api_key', in: ['basic'] } } }),
    (p) => (p.routes[0].auth = ['key', 'none']),
  ),
  opening(
    'an authenticator looks at a place less beside none',
    'auth-unjudged',
    withNone({ authenticators: { git: { type: 'api_key', in: ['basic', 'bearer'] } } }),
    (p) => (p.authenticators.git.in = ['basic']),
  ),
  opening('a key has the subject of another one', 'key-subject-changed', policy(), (p) => {
    p.keys[1].subject = 'k1'
  }),
  opening(
    'a key has another org, by which a limit counts',
    'key-org-changed',
    withLimits({ one: { by: 'org', rate: '2/minute' } }, ['one'], ['one']),
    (p) => (p.keys[1].org = 'other'),
  ),
]

const manyHosts = Array.from({ length: 21 }, (_, i) => `h${i}.example.com`)
function withHosts(): Draft {
  const draft = policy()
  draft.routes[0].match.hosts = manyHosts
  return draft
}

const ROUTES: readonly Opening[] = [
  opening('the 22nd host of a route', 'route-hosts-added', withHosts(), (p) => {
    p.routes[0].match.hosts = [...manyHosts, 'evil.example.net']
  }),
  opening(
    'deep paths go to an open route, of which patterns with parameters have the short ones',
    'auth-none-added',
    policy({
      routes: [
        { id: 'all', match: { path: '/x/*' }, auth: 'none' },
        { id: 'admin', match: { path: '/x/admin/*' } },
        { id: 'no', match: { path: '/x/admin/' } },
        { id: 'one', match: { path: '/x/admin/:a' } },
        { id: 'two', match: { path: '/x/admin/:a/:b' } },
      ],
    }),
    (p) => p.routes.splice(1, 1),
  ),
  opening(
    'all hosts below a name, of which one was x',
    'hosts-wider',
    policy({ hosts: ['x.example.com'] }),
    (p) => p.hosts.push('*.example.com'),
  ),
  opening('another address to listen at', 'listen-wider', policy({ listen: '10.0.0.1:80' }), (p) => {
    p.listen = '203.0.113.9:80'
  }),
  opening('clients are hidden behind a proxy', 'client-hidden', trusting(), (p) => delete p.trust),
  opening('cors that only reported takes effect', 'cors-added', reportingCors(), (p) => delete p.mode),
  opening('cors is gone, so that of the API counts', 'reply-field-passes', withCors(), (p) => {
    delete p.routes[0].cors
  }),
]

function reportingCors(): Draft {
  return { ...withCors(), mode: 'report' }
}

function trusting(): Draft {
  const draft = policy({ trust: ['127.0.0.1'] })
  draft.routes[0].access = { allow: ['127.0.0.0/8'] }
  return draft
}

function withCors(): Draft {
  const draft = policy()
  draft.routes[0].cors = { origins: ['https://a.example.com'] }
  return draft
}

function withRequest(request: Draft): Draft {
  const draft = policy()
  draft.routes[0].headers = { request }
  return draft
}

const noHeaders = (p: Draft): void => {
  delete p.routes[0].headers
}
const FIELDS: readonly Opening[] = [
  opening('identity is off', 'client-field-passes', policy({ identity: { subject: 'x-user' } }), (p) => {
    p.identity.subject = 'off'
  }),
  opening(
    'identity has another name',
    'client-field-passes',
    policy({ identity: { subject: 'x-user' } }),
    (p) => (p.identity.subject = 'x-who'),
  ),
  opening(
    'a header is no longer removed',
    'client-field-passes',
    withRequest({ remove: ['x-internal-admin'] }),
    noHeaders,
  ),
  opening(
    'a header is no longer set',
    'client-field-passes',
    withRequest({ set: { 'x-role': 'guest' } }),
    noHeaders,
  ),
  opening(
    'a header has another value',
    'request-field-set',
    withRequest({ set: { 'x-role': 'guest' } }),
    (p) => {
      p.routes[0].headers.request.set['x-role'] = 'admin'
    },
  ),
  opening(
    'an authenticator is gone that nobody used',
    'client-field-passes',
    policy({ authenticators: { partner: { type: 'api_key', in: ['header:x-partner-key', 'query:pk'] } } }),
    (p) => delete p.authenticators,
  ),
  opening(
    'an authenticator is gone whose header may come twice now, though the API saw it before',
    'client-field-passes',
    policy({
      authenticators: { partner: { type: 'api_key', in: ['header:x-partner-key'] } },
      defaults: { upstream: 'api', auth: ['key'], forward_credential: true },
    }),
    (p) => delete p.authenticators,
  ),
]

const rediss = (tls: Draft) => policy({ redis: { url: 'rediss://redis:6379', tls } })
const withGuard = (guard: Draft): Draft => policy({ defaults: { upstream: 'api', auth: ['key'], guard } })
const REST: readonly Opening[] = [
  opening(
    'another page policy',
    'guard-header-changed',
    withGuard({ content_security_policy: "default-src 'self'" }),
    (p) => (p.defaults.guard.content_security_policy = "default-src * 'unsafe-inline'"),
  ),
  opening(
    'other permissions',
    'guard-header-changed',
    withGuard({ permissions_policy: 'camera=()' }),
    (p) => {
      p.defaults.guard.permissions_policy = 'camera=*'
    },
  ),
  opening('the whole address for every page', 'guard-header-looser', withGuard({}), (p) => {
    p.defaults.guard.referrer_policy = 'unsafe-url'
  }),
  opening(
    'any certificate of Redis',
    'redis-ca-gone',
    rediss({ ca: 'ca.pem' }),
    (p) => delete p.redis.tls.ca,
  ),
  opening(
    'a header of the API is no longer removed',
    'reply-field-passes',
    policy({
      defaults: { upstream: 'api', auth: ['key'], headers: { response: { remove: ['x-debug'] } } },
    }),
    (p) => delete p.defaults.headers,
  ),
  opening('no tests', 'tests-gone', policy({ tests: { file: './a.yaml' } }), (p) => delete p.tests),
  opening('no tests at a reload', 'tests-gone', policy({ tests: { file: './a.yaml' } }), (p) => {
    p.tests.on_reload = false
  }),
  opening('another path for the API', 'strip-prefix-changed', policy(), (p) => {
    p.routes[0].strip_prefix = '/r'
  }),
  opening('another API', 'upstream-url-changed', policy(), (p) => {
    p.upstreams.api.url = 'http://127.0.0.1:3001'
  }),
  opening(
    'HTTPS for a shorter time and more hosts',
    'guard-header-looser',
    withGuard({ strict_transport_security: 'max-age=600' }),
    (p) => (p.defaults.guard.strict_transport_security = 'max-age=1; includeSubDomains'),
  ),
]

testOpenings([...KEYS, ...ROUTES, ...FIELDS, ...REST])

testClosing(
  'requests go to a route for which fewer keys are good',
  policy({ keys: ADMIN.keys, routes: ADMIN.routes.slice(0, 1) }),
  (p) => p.routes.push({ id: 'admin', match: { path: '/x/admin/*' } }),
)
testClosing('a public route asks for a key', publicRoute(), (p) => delete p.routes[0].auth)
testClosing('a host less', withHosts(), (p) => p.routes[0].match.hosts.pop())

function publicRoute(): Draft {
  const draft = policy()
  draft.routes[0].auth = 'none'
  return draft
}
