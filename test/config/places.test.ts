import t from 'tap'
import { fileSchema, listedSchemas, namedSchemas } from '../../src/config/schema.ts'
import { defaultsSchema } from '../../src/config/schema-route.ts'
import { POLICIES } from '../../src/policies/index.ts'
import { BACK, FRONT } from '../../src/policies/order.ts'
import { goodPolicy, policyWith } from './compiling.ts'

/** Keys that are no policy: each with the place that obeys it. */
const FILE: Readonly<Record<string, string>> = {
  version: 'config/schema.ts',
  listen: 'Settings.listen',
  ops: 'Settings.ops',
  admin: 'Settings.admin',
  hosts: 'Policy.hosts',
  trust: 'Policy.trust',
  mode: 'Route.reporting',
  server: 'Settings.server',
  drain: 'Settings.drain',
  audit: 'Settings.audit',
  redis: 'Settings.redis',
  store: 'Settings.store',
  tests: 'Settings.tests',
  identity: 'RouteEnv.identity',
  upstreams: 'Settings.upstreams',
  authenticators: 'RouteEnv.authenticators',
  limits: 'RouteEnv.limits',
  keys: 'KeyTable',
  key_files: 'KeyTable',
  defaults: 'config/compile-routes.ts',
  routes: 'Policy.routes',
}
const ROUTE: Readonly<Record<string, string>> = {
  id: 'Route.id',
  match: 'Policy.find',
  path: 'Route.encodedSlash and Policy.find',
  strip_prefix: 'Route.stripPrefix',
  headers: 'Route.request and Route.reply',
  upstream: 'Route.upstream',
  websocket: 'Route.websocket',
  mode: 'Route.mode and Route.reporting',
  enforce: 'Route.reporting',
  limit_headers: 'RouteEnv.limitHeaders',
  cost: 'RouteEnv.cost',
}
const UPSTREAM: Readonly<Record<string, string>> = {
  url: 'Upstream.origins',
  targets: 'Upstream.origins',
  preserve_host: 'Upstream.preserveHost and RequestPlan.host',
  tls: 'Upstream.tls',
}

t.test('every key of the file has a place', async (t) => {
  t.strictSame(Object.keys(fileSchema.shape).sort(), Object.keys(FILE).sort())
})

t.test('every key of a route is structural or enforced by a policy', async (t) => {
  const keys = Object.keys(listedSchemas.routes.shape)
  t.strictSame(keys.sort(), [...Object.keys(ROUTE), ...POLICIES.map(({ key }) => key)].sort())
})

t.test('defaults have all keys of a route but what makes it that route', async (t) => {
  const keys = Object.keys(listedSchemas.routes.shape).filter((key) => key !== 'id' && key !== 'match')
  t.strictSame(Object.keys(defaultsSchema.shape).sort(), keys.sort())
})

t.test('every key of an upstream is structural or a layer of the back half', async (t) => {
  t.strictSame(
    Object.keys(namedSchemas.upstreams.entry.shape).sort(),
    [...Object.keys(UPSTREAM), ...BACK].sort(),
  )
})

t.test('checks stand in the order of FRONT', async (t) => {
  const { policy } = goodPolicy(
    policyWith(
      '    auth: [key, none]\n    limits: [a]\n    allow: { scopes: [x] }\n    cors: { origins: [https://a.test] }\n' +
        '    access: { deny: [10.0.0.1] }\n    validate: { max_body: 1KB }',
      'limits: { a: { by: ip, rate: 1/minute } }',
    ),
  )
  const names = policy.routes[0]?.checks.map(({ name }) => name)
  t.strictSame(names, ['cors', 'access', 'limit', 'auth', 'scopes', 'limit', 'validate', 'identity'])
  t.equal(names?.length, FRONT.length)
})
