import t, { type Test } from 'tap'
import type { Item } from '../../src/cases/coverage.ts'
import { POLICY, run } from './running.ts'

/** Names of what is covered, and of what is not. */
async function coverageOf(t: Test, cases: string, policy = POLICY) {
  const { coverage, results } = await run(t, { cases, policy })
  const named = (items: readonly Item[]) => items.map(({ kind, name }) => `${kind} ${name}`)
  return {
    failed: results.filter(({ passed }) => !passed).map(({ name }) => name),
    covered: named(coverage.items.filter((item) => item.covered)),
    missing: named(coverage.items.filter((item) => !item.covered)),
    coverage,
  }
}

const one = (lines: string): string => `  - { name: "${lines.replaceAll('"', "'")}", ${lines} }\n`

const SMALL = `version: 1
upstreams: { api: { url: http://127.0.0.1:1 } }
routes:
  - { id: open, match: { path: /open }, auth: none, upstream: api, access: { deny: [192.0.2.66] } }
`

t.test('what can be covered: routes, checks that can refuse, refusals', async (t) => {
  const { missing } = await coverageOf(t, one('request: GET /none, expect: { code: no_route }'))
  t.strictSame(missing, [
    ...['open', 'read', 'write', 'watched', 'both', 'slow', 'talk'].map((id) => `route ${id}`),
    ...['open: access', 'open: limit rate_limited'].map((name) => `check ${name}`),
    ...['read: auth key_missing', 'read: scopes', 'read: limit rate_limited'].map((name) => `check ${name}`),
    ...['write: auth key_missing', 'write: limit rate_limited'].map((name) => `check ${name}`),
    'check write: validate body_invalid',
    ...['watched: auth key_missing', 'watched: scopes', 'watched: limit rate_limited'].map(
      (name) => `check ${name}`,
    ),
    ...['both: limit before auth rate_limited', 'both: auth key_missing'].map((name) => `check ${name}`),
    'check both: limit after auth rate_limited',
    ...['slow: auth key_missing', 'slow: limit concurrency_exceeded'].map((name) => `check ${name}`),
    ...['talk: auth key_missing', 'talk: limit rate_limited'].map((name) => `check ${name}`),
    ...['address_refused', 'rate_limited', 'cooldown'].map((code) => `refusal ${code}`),
    ...['key_missing', 'credential_ambiguous', 'key_invalid', 'key_expired'].map((code) => `refusal ${code}`),
    ...['key_revoked', 'key_route_refused', 'scope_missing', 'quota_exhausted'].map(
      (code) => `refusal ${code}`,
    ),
    ...['body_too_large', 'body_invalid', 'media_type_refused', 'concurrency_exceeded'].map(
      (code) => `refusal ${code}`,
    ),
  ])
})

t.test('refusals that the settings cannot give are left out', async (t) => {
  const policy = `version: 1
upstreams: { api: { url: http://127.0.0.1:1 } }
keys: [{ id: a, hash: "sha256:${'1'.repeat(64)}", routes: [shut] }]
limits: { few: { by: key, rate: 2/minute, on_store_error: deny } }
routes:
  - { id: open, match: { path: /open }, auth: none, upstream: api }
  - { id: shut, match: { path: /shut }, auth: [key, none], upstream: api, limits: [few] }
`
  const nothing = one('request: GET /none, expect: { code: no_route }')
  const { missing } = await coverageOf(t, nothing, policy)
  t.strictSame(missing, [
    'route open',
    'route shut',
    'check shut: auth',
    'check shut: limit',
    'refusal credential_ambiguous',
    'refusal key_invalid',
    'refusal rate_limited',
  ])
  const withRedis = await coverageOf(t, nothing, `${policy}redis: redis://127.0.0.1:1\n`)
  t.ok(withRedis.missing.includes('refusal limit_unavailable'))
  const all = `validate: { query: { allowed: [a] } }, allow: { roles: [r], orgs: [o] }, cors: { origins: ["*"] }`
  const more = await coverageOf(t, nothing, policy.replace('limits: [few]', all))
  t.strictSame(
    more.missing.filter((name) => /query|role|org|origin/.test(name)),
    [
      'check shut: scopes role_missing',
      'check shut: scopes org_refused',
      'refusal origin_refused',
      'refusal role_missing',
      'refusal org_refused',
      'refusal query_invalid',
    ],
  )
})

t.test('what a case asserts is covered', async (t) => {
  const passes = one('request: GET /open, expect: { outcome: forward }')
  const refusal = one('request: { path: /open, ip: 192.0.2.66 }, expect: { code: address_refused }')
  t.strictSame((await coverageOf(t, passes, SMALL)).covered, ['route open'])
  t.strictSame((await coverageOf(t, refusal, SMALL)).covered, [
    'check open: access',
    'refusal address_refused',
  ])
  const { coverage } = await coverageOf(t, passes + refusal, SMALL)
  t.match(coverage, { covered: 3, total: 3, percent: 100 })
})

t.test('an upstream, or a status below 400, asserts that the route lets through', async (t) => {
  for (const expect of ['status: 200', 'upstream: { path: /open }', 'outcome: forward']) {
    const { covered } = await coverageOf(t, one(`request: GET /open, expect: { ${expect} }`), SMALL)
    t.strictSame(covered, ['route open'], expect)
  }
})

t.test('what happens and nobody asserts is not covered', async (t) => {
  for (const lines of [
    'request: GET /open, expect: { route: open }',
    'request: GET /open, expect: { code: null }',
    'request: GET /open, upstream: { status: 404 }, expect: { status: 404 }',
    'request: { path: /open, ip: 192.0.2.66 }, expect: { route: open }',
    'request: { path: /open, ip: 192.0.2.66 }, expect: { upstream: null }',
    'request: GET /none, expect: { code: no_route }',
  ]) {
    t.strictSame((await coverageOf(t, one(lines), SMALL)).covered, [], lines)
  }
})

t.test('a refusal without its code covers the check, and not the code', async (t) => {
  for (const expect of ['outcome: refuse', 'status: 403']) {
    const { covered } = await coverageOf(
      t,
      one(`request: { path: /open, ip: 192.0.2.66 }, expect: { ${expect} }`),
      SMALL,
    )
    t.strictSame(covered, ['check open: access'], expect)
  }
})

t.test('a case that fails covers nothing', async (t) => {
  const { covered, failed, coverage } = await coverageOf(
    t,
    one('request: GET /open, expect: { outcome: forward, status: 404 }'),
    SMALL,
  )
  t.equal(failed.length, 1)
  t.strictSame(covered, [])
  t.equal(coverage.percent, 0)
})

t.test('a refusal that report mode lets through is covered by `reported`', async (t) => {
  const lines =
    'request: GET /watched, identity: { subject: ann }, expect: { outcome: forward, reported: [scope_missing] }'
  const { covered } = await coverageOf(t, one(lines))
  t.strictSame(covered, ['route watched', 'check watched: scopes', 'refusal scope_missing'])
})

t.test('of two limits of a route the one that refuses is covered', async (t) => {
  const lines = 'request: GET /both, identity: { key: acme }, expect: { code: rate_limited }'
  const before = await coverageOf(t, one(`counters: { crowd: 3 }, ${lines}`))
  t.strictSame(before.covered, ['check both: limit before auth rate_limited', 'refusal rate_limited'])
  const after = await coverageOf(t, one(`counters: { few: 2 }, ${lines}`))
  t.strictSame(after.covered, ['check both: limit after auth rate_limited', 'refusal rate_limited'])
})

t.test('each thing that is missing has a hint', async (t) => {
  const { coverage } = await coverageOf(t, one('request: GET /none, expect: { code: no_route }'), SMALL)
  t.strictSame(
    coverage.items.map(({ hint }) => hint),
    [
      'request: GET /open, expect: { route: open, outcome: forward }',
      'expect: { route: open, code: address_refused }',
      'expect: { code: address_refused }',
    ],
  )
})

const TWO = `version: 1
upstreams: { api: { url: http://127.0.0.1:1 } }
keys: [{ id: here, hash: "sha256:${'1'.repeat(64)}", routes: [one] }]
limits: { few: { by: key, rate: 2/minute, quota: 9/day } }
defaults: { upstream: api, auth: [key] }
routes:
  - { id: one, match: { path: /one }, allow: { scopes: [read], roles: [clerk], orgs: [acme] } }
  - { id: two, match: { path: /two }, allow: { scopes: [read], roles: [clerk], orgs: [acme] }, limits: [few] }
`
const checksOf = (names: readonly string[]) => names.filter((name) => name.startsWith('check'))

t.test('each thing that a route asks for is covered by its own refusal, on that route', async (t) => {
  const all = one('request: GET /none, expect: { code: no_route }')
  t.strictSame(checksOf((await coverageOf(t, all, TWO)).missing), [
    'check one: auth key_missing',
    ...['scope_missing', 'role_missing', 'org_refused'].map((code) => `check one: scopes ${code}`),
    'check two: auth key_missing',
    ...['scope_missing', 'role_missing', 'org_refused'].map((code) => `check two: scopes ${code}`),
    ...['rate_limited', 'quota_exhausted'].map((code) => `check two: limit ${code}`),
  ])
  const rows = [
    ['request: GET /two, expect: { code: key_missing }', 'two: auth key_missing', 'key_missing'],
    [
      'request: GET /two, identity: { subject: a, org: b, scopes: [read], roles: [clerk] }, expect: { status: 403 }',
      'two: scopes org_refused',
      null,
    ],
  ] as const
  for (const [lines, check, code] of rows) {
    const { covered } = await coverageOf(t, one(lines), TWO)
    t.strictSame(covered, [`check ${check}`, ...(code === null ? [] : [`refusal ${code}`])])
  }
})

t.test('a key of other routes does not show that a route asks for a key', async (t) => {
  const lines = 'request: GET /two, identity: { key: here }, expect: { code: key_route_refused }'
  t.strictSame((await coverageOf(t, one(lines), TWO)).covered, ['refusal key_route_refused'])
})

t.test('a check that asks for nothing by itself is covered by any of its refusals', async (t) => {
  const policy = TWO.replace('auth: [key]', 'auth: [key, none]').replace('limits: [few] }', 'limits: [] }')
  const lines = 'request: GET /two, identity: unknown, expect: { code: key_invalid }'
  t.strictSame((await coverageOf(t, one(lines), policy)).covered, ['check two: auth', 'refusal key_invalid'])
})
