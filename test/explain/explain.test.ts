import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { RequestQuestion } from '../../src/explain/question.ts'
import { askedOf, BadQuestion } from '../../src/explain/question.ts'
import { judge } from '../../src/judge/judge.ts'
import { newKey } from '../../src/policies/key/format.ts'
import { KEY, KEYS } from '../support/app.ts'
import { ask, liveWorld, memory, worldOf } from './scene.ts'

const NOW_MS = Date.UTC(2026, 2, 1, 12)
const SECRET = 'canary-upstream-secret'
const world = worldOf(
  `version: 1
hosts: [shop.example, "*.shop.example"]
redis: { url: "redis://127.0.0.1:1", replicas: 4 }
upstreams: { api: { url: http://127.0.0.1:1, circuit: { error_rate: 50%, window: 10s, min_requests: 20, open_for: 30s } } }
${KEYS}
authenticators: { key: { type: api_key, in: ["header:x-api-key", "query:api_key"] } }
limits:
  near: { by: ip, rate: 2/minute, burst: 1/second }
  plan: { by: org, quota: 100/month, concurrent: 2 }
  fast: { by: key, rate: 1000/minute, accuracy: leased }
  shut: { by: key, rate: 5/minute, on_store_error: deny }
defaults: { upstream: api, auth: [key], limits: [near, plan] }
routes:
  - { id: orders, match: { path: "/orders/*" }, headers: { request: { set: { x-secret: "$\u007benv:SECRET}", x-plain: yes-it-is } } } }
  - { id: few, match: { path: /few }, allow: { scopes: [orders.write] } }
  - { id: leased, match: { path: /leased }, limits: [fast] }
  - { id: shut, match: { path: /shut }, limits: [shut] }
  - { id: soft, match: { path: /soft }, mode: { allow: report }, allow: { scopes: [orders.write] }, limits: [] }
  - { id: kept, match: { path: /kept }, forward_credential: true, limits: [] }
`,
  { SECRET },
)
const at = (question: RequestQuestion, of = world) => ask(of, question, NOW_MS)

t.test('buckets: in words, by key, with what each window has now', async (t) => {
  const counters = memory()
  const live = liveWorld(world, counters, { countedIn: () => 'store' })
  const { described, claim } = askedOf(
    { target: '/orders/7', key: 'acme-prod', ip: '192.0.2.7' },
    world.policy,
    NOW_MS,
  )
  await judge(world.policy, described, world.settings.server, { counters, ...(claim && { claim }) })
  const { buckets } = await at({ target: '/orders/7', key: 'acme-prod', ip: '192.0.2.7' }, live)
  t.match(buckets, [
    {
      limit: 'near',
      bucket: 'ip 192.0.2.7',
      key: 'near|9:192.0.2.7',
      cost: 1,
      effect: 'refuses',
      counted_in: 'store',
      windows: [
        { rate: '2/minute', max: 2, remaining: 1, resets_at: '2026-03-01T12:01:00.000Z' },
        { rate: '1/second', max: 1, remaining: 0, resets_at: '2026-03-01T12:00:01.000Z' },
      ],
    },
  ])
  const other = await at({ target: '/orders/7', key: 'acme-prod', ip: '192.0.2.8' }, live)
  t.match(other.buckets, [
    { effect: 'charged', windows: [{ remaining: 2, resets_at: null }, { remaining: 1 }] },
    { limit: 'plan', bucket: 'org acme', windows: [{ remaining: 99 }], concurrent: { max: 2, free: 1 } },
  ])
})

t.test('what an earlier limit was charged is given back when a later one refuses', async (t) => {
  const counters = memory()
  const charge = { limit: world.about.limits.get('plan')?.limit as never, key: 'plan|4:acme', cost: 1 }
  for (let i = 0; i < 2; i++) await counters.charge([charge], NOW_MS)
  const said = await at({ target: '/orders/7', key: 'acme-prod' }, liveWorld(world, counters))
  t.match(said, { outcome: 'refuse', status: 429, code: 'concurrency_exceeded' })
  t.strictSame(
    said.buckets.map(({ limit, effect }) => `${limit} ${effect}`),
    ['near given_back', 'plan refuses'],
  )
})

t.test('a leased limit tells how much more than it says may get through', async (t) => {
  const { buckets } = await at({ target: '/leased', key: 'acme-prod' })
  t.match(buckets, [
    { lease: { replicas: 4, lease: 25, overshoot: 100, at_most: 1100 }, counted_in: 'nowhere' },
  ])
})

t.test('a shared store that is given up', async (t) => {
  const live = liveWorld(world, memory(), { isStoreDown: true })
  const said = await at({ target: '/shut', key: 'acme-prod' }, live)
  t.match(said, {
    code: 'limit_unavailable',
    buckets: [{ effect: 'refuses' }],
    warnings: [/shared store is given up/],
  })
  t.match(await at({ target: '/leased', key: 'acme-prod' }, live), { outcome: 'forward' })
})

t.test('every check, with those that were not reached', async (t) => {
  const { checks, principal, upstream } = await at({ target: '/few', key: 'acme-prod' })
  t.strictSame(
    checks.map(({ check, verdict, code }) => `${check} ${verdict}${code === null ? '' : ` ${code}`}`),
    [
      'door pass',
      'match pass',
      'limit pass',
      'auth pass',
      'scopes refuse scope_missing',
      'limit not_reached',
      'identity not_reached',
    ],
  )
  t.match(principal, { kind: 'key', key_id: 'acme-prod', org: 'acme', scopes: ['orders.read'] })
  t.equal(upstream, null)
})

t.test('what only reports is told, with what it would do', async (t) => {
  const said = await at({ target: '/soft', key: 'acme-prod' })
  t.match(said, { outcome: 'forward', route: { mode: 'partly', reported: ['scopes'] } })
  t.match(
    said.checks.find(({ check }) => check === 'scopes'),
    { verdict: 'report', code: 'scope_missing' },
  )
  t.match(said.warnings, [/only report: scopes/, /scopes would refuse with scope_missing/])
})

t.test('an open circuit', async (t) => {
  const circuits = [{ name: 'api', state: 'open', openedAtMs: 1 }] as const
  const said = await at({ target: '/leased', key: 'acme-prod' }, liveWorld(world, memory(), { circuits }))
  t.match(said, {
    upstream: { circuit: { state: 'open', open_for_ms: 30_000 } },
    warnings: [/503 circuit_open/],
  })
})

t.test('no credential is shown, wherever it is', async (t) => {
  for (const target of ['/orders/7', '/kept']) {
    for (const [name, value] of [
      ['x-api-key', KEY],
      ['cookie', KEY],
      ['x-csrf-token', KEY],
      ['accept', '*/*'],
    ] as const) {
      const headers = name === 'x-api-key' ? { [name]: value } : { 'x-api-key': KEY, [name]: value }
      const text = JSON.stringify(await at({ target, headers }))
      t.notOk(text.includes(KEY), `${target} ${name}`)
      t.notOk(text.includes(SECRET), 'nor one of the policy')
    }
    const text = JSON.stringify(await at({ target: `${target}?api_key=${KEY}&a=b` }))
    t.notOk(text.includes(KEY), 'in the query')
    t.match(text, `${target}?api_key=***&a=b`)
  }
  const { to_upstream: fields } = await at({ target: '/orders/7', headers: { 'x-api-key': KEY } })
  t.match(
    fields.find(({ name }) => name === 'x-plain'),
    { value: 'yes-it-is', from: 'policy' },
  )
  t.match(
    fields.find(({ name }) => name === 'x-secret'),
    { value: '***' },
  )
})

t.test('each field that does not go on has its reason', async (t) => {
  const headers = {
    connection: 'x-hop',
    'x-hop': '1',
    te: 'trailers',
    'x-forwarded-for': '10.0.0.1',
    'x-sallyport-org': 'root',
    'x-plain': 'no',
    'x-api-key': KEY,
    'x-method-override': 'DELETE',
  }
  const said = await at({ target: '/orders/7', headers })
  t.strictSame(Object.fromEntries(said.not_to_upstream.map(({ name, why }) => [name, why])), {
    connection: 'it speaks of one connection, not of the message',
    'x-hop': 'the request names it in Connection',
    te: 'it speaks of one connection, not of the message',
    'x-forwarded-for': 'only the gate says where a request came from',
    'x-sallyport-org': 'only the gate says who asks',
    'x-plain': 'the policy sets it',
    'x-api-key': 'a credential, which stays at the gate',
    'x-method-override': 'it would change the method that was judged',
  })
})

t.test('what the front door refuses', async (t) => {
  const said = await at({ target: '/a/../b' })
  t.match(said, { outcome: 'refuse', code: 'path_refused', status: 400, route: null, principal: null })
  t.match(said.checks, [{ check: 'door', verdict: 'refuse', code: 'path_refused' }])
  t.match(await at({ target: '*', method: 'OPTIONS' }), { outcome: 'answer', status: 204 })
  t.match(await at({ target: '/orders/7', host: 'other.example' }), { code: 'host_unknown', near_misses: [] })
})

t.test('a host is found for whoever names none', async (t) => {
  t.match(await at({ target: '/orders/7' }), { request: { host: 'shop.example' } })
  t.match(await at({ target: 'https://eu.shop.example/orders/7?x' }), {
    request: { host: 'eu.shop.example', path: '/orders/7' },
  })
  t.match(await at({ target: 'http://a.shop.example/x', host: 'b.shop.example' }), { code: 'target_refused' })
})

t.test('questions that cannot be answered', async (t) => {
  const wrong: readonly (readonly [RequestQuestion, RegExp])[] = [
    [{ target: '/a', method: 'get' }, /^`method` is written GET, in upper case: .* 400 request_malformed$/],
    [{ target: '/a', method: 'FETCH' }, /^`method` is none that the gate knows: .* 400 request_malformed$/],
    [{ target: '/a', key: newKey(randomBytes) }, /^`key` is a key itself: give its id instead, [^_]+$/],
    [{ target: '/a', ip: '1.2.3' }, /`ip`/],
    [{ target: '/a', at: 'soon' }, /`at`/],
    [{ target: '/a', key: 'acme-prod', headers: { 'X-Api-Key': KEY } }, /one or the other/],
    [{ target: 'http://u:p@h/a' }, /`target`/],
  ]
  for (const [question, message] of wrong) {
    t.throws(() => askedOf(question, world.policy, NOW_MS), { message, constructor: BadQuestion })
  }
})

t.test('at another time: a key that has expired by then', async (t) => {
  const old = worldOf(`version: 1
upstreams: { api: { url: http://127.0.0.1:1 } }
keys: [{ id: old, hash: "sha256:${'0'.repeat(64)}", expires: 2026-06-01 }]
defaults: { upstream: api, auth: [key] }
routes: [{ id: all, match: { path: "/*" } }]
`)
  t.match(await at({ target: '/a', key: 'old' }, old), { outcome: 'forward' })
  t.match(await at({ target: '/a', key: 'old', at: '2026-07-01' }, old), { code: 'key_expired' })
})
