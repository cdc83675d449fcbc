import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { ConcurrentCounters } from '../../src/adapters/counters/places.ts'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import { newKey } from '../../src/policies/key/format.ts'
import { planOf } from '../../src/policies/limit/plan.ts'
import { charge, limitOf, limitsScene, reset, shownAt } from './limits-scene.ts'
import { adminScene, JSON_POST, policyText } from './scene.ts'

t.test('the limits are told with the routes and keys that use them', async (t) => {
  const scene = await limitsScene(t)
  const { limits, store } = await shownAt(scene, '/limits')
  t.equal(store, null)
  t.match(limits, [
    { name: 'public', by: ['ip'], routes: ['open', 'closed'], key_count: 0, on_store_error: 'local' },
    { name: 'customer', by: ['key'], routes: [], key_count: 1, cooldown: null, concurrent: null },
    { name: 'plan', by: ['org', 'route'], routes: ['closed'], key_count: 0, warn_at: [80] },
    { name: 'everyone', by: ['global'], routes: [], key_count: 0, warn_at: [] },
  ])
  t.strictSame(limits[0].windows, [
    { rate: '10/minute', max: 10, window_ms: 60_000 },
    { rate: '4/second', max: 4, window_ms: 1000 },
  ])
  t.strictSame(limits[2].windows, [{ rate: '5/month', max: 5, window_ms: null }])
})

t.test('the shared store is told when there is one, and where a bucket is counted', async (t) => {
  for (const [name, place] of [
    ['closed', 'store'],
    ['open', 'fallback'],
    ['half_open', 'fallback'],
  ] as const) {
    const instead = { local: 3, allow: 2, deny: 1 }
    const store = () => ({ name, sinceMs: 1000, failures: 7, lastProblem: 'no answer', instead })
    const scene = await limitsScene(t, { store })
    t.strictSame((await shownAt(scene, '/limits')).store, {
      state: name,
      since: '1970-01-01T00:00:01.000Z',
      failures: 7,
      last_problem: 'no answer',
      instead,
    })
    t.equal((await shownAt(scene, '/limits/everyone')).counted_in, place)
    t.equal(JSON.parse((await reset(scene, 'everyone', {})).text).counted_in, place)
    t.match(scene.events, [{ action: 'limit.reset', counted_in: place }])
  }
})

t.test('a bucket is told by its tightest window', async (t) => {
  const scene = await limitsScene(t)
  charge(scene, 'plan', { org: 'acme' }, 3)
  const { resets_at: resetsAt, ...state } = await shownAt(scene, '/limits/plan?org=acme&route=closed')
  t.strictSame(state, {
    limit: 'plan',
    bucket: 'org acme, route closed',
    counted_in: 'process',
    rate: '5/month',
    max: 5,
    remaining: 2,
  })
  const at = new Date(resetsAt)
  t.equal(at.getTime(), Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1), 'a month ends with it')
})

t.test(
  'free places are told as a number, and are the own count of a process that shares a store',
  async (t) => {
    const instead = { local: 0, allow: 0, deny: 0 }
    const store = () => ({ name: 'closed', sinceMs: 1000, failures: 0, lastProblem: null, instead }) as const
    const text = policyText('limits: { exports: { by: global, concurrent: 8 } }\n')
    const scene = await adminScene(t, text, '127.0.0.1', {
      counters: new ConcurrentCounters(new MemoryCounters()),
      store,
    })
    const left = { rate: '8 at once', max: 8, remaining: 8, resets_at: null }
    const where = { limit: 'exports', bucket: 'global', counted_in: 'process' }
    t.strictSame(await shownAt(scene, '/limits/exports'), { ...where, ...left })
    t.strictSame(JSON.parse((await reset(scene, 'exports', {})).text), {
      ...where,
      before: left,
      after: left,
    })
    t.match(scene.events, [{ counted_in: 'process', before: '8 left of 8 at once' }])
  },
)

t.test('a bucket that nobody has come to is full', async (t) => {
  const scene = await limitsScene(t)
  t.match(await shownAt(scene, '/limits/everyone'), { bucket: 'global', max: 5000, remaining: 5000 })
})

t.test('an address is found in any spelling, and an IPv6 one by its /64', async (t) => {
  const scene = await limitsScene(t)
  charge(scene, 'plan', { client: '2001:db8:1:2:0:0:0:9' }, 2)
  charge(scene, 'plan', { client: '192.0.2.9' }, 3)
  for (const ip of ['2001:db8:1:2::9', '2001:DB8:1:2::ffff', '2001:db8:1:2::/64', '2001:0db8:1:2:0:0:0:9']) {
    const shown = await shownAt(scene, `/limits/plan?route=closed&ip=${encodeURIComponent(ip)}`)
    t.match(shown, { bucket: 'ip 2001:db8:1:2::/64, route closed', remaining: 3 }, ip)
  }
  t.match(await shownAt(scene, '/limits/plan?route=closed&ip=::ffff:192.0.2.9'), { remaining: 2 })
})

t.test('whoever shows no key is found by subject, then by address', async (t) => {
  const scene = await limitsScene(t)
  charge(scene, 'customer', { client: '192.0.2.9' }, 1)
  charge(scene, 'customer', { subject: 'ann' }, 2)
  charge(scene, 'customer', { keyId: '192.0.2.9' }, 3)
  t.match(await shownAt(scene, '/limits/customer?ip=192.0.2.9'), { bucket: 'ip 192.0.2.9', remaining: 59 })
  t.match(await shownAt(scene, '/limits/customer?subject=ann'), { bucket: 'subject ann', remaining: 58 })
  t.match(await shownAt(scene, '/limits/customer?key=192.0.2.9'), { bucket: 'key 192.0.2.9', remaining: 57 })
})

const WRONG: readonly (readonly [path: string, detail: string])[] = [
  ['public', 'The limit public counts by ip: give `ip`.'],
  ['customer', 'The limit customer counts by key: give `key`, or `ip` for who shows no credential.'],
  ['plan?org=acme', 'The limit plan counts by org, route: give `route`.'],
  ['plan', 'The limit plan counts by org, route: give `org`, `route`, or `ip` for who shows no credential.'],
  ['public?ip=192.0.2.1&key=one', 'The limit public counts by ip: leave out `key`.'],
  ['customer?key=one&ip=192.0.2.1', 'The limit customer counts by key: leave out `ip`.'],
  ['everyone?route=open', 'The limit everyone counts by global: leave out `route`.'],
  ['public?ip=192.0.2.300', '`ip` is no address.'],
  ['public?ip=010.0.0.1', '`ip` is no address.'],
  ['public?ip=192.0.2.1/64', '`ip` is no address.'],
  [`customer?key=${newKey(randomBytes)}`, 'This is a key itself: name it by its id.'],
  [`plan?org=${newKey(randomBytes)}&route=open`, 'This is a key itself: name it by its id.'],
  ['plan?org=acme&route=clsoed', '`route` is no route of the policy in force.'],
]

for (const [path, detail] of WRONG) {
  t.test(`${path} is refused: ${detail}`, async (t) => {
    const scene = await limitsScene(t)
    const { status, text } = await scene.ask(`/limits/${path}`)
    t.equal(status, 400)
    t.match(JSON.parse(text), { code: 'query_invalid', detail })
    const [name = '', query = ''] = path.split('?')
    const again = await reset(scene, name, Object.fromEntries(new URLSearchParams(query)))
    t.equal(again.status, 422)
    t.match(JSON.parse(again.text), { code: 'body_invalid', detail })
    t.strictSame(scene.events, [])
  })
}

t.test('values are bounded in number, kind and length', async (t) => {
  const scene = await limitsScene(t)
  const queries = [
    'kye=one',
    'key=',
    'key=a&key=b',
    `key=${'x'.repeat(257)}`,
    'ip[]=1',
    'global=1',
    '__proto__=1',
  ]
  for (const query of queries) {
    const { status, text } = await scene.ask(`/limits/customer?${query}`)
    t.match([status, JSON.parse(text)], [400, { code: 'query_invalid', detail: /^querystring/ }], query)
    t.notMatch(text, /xxx|kye/)
  }
  const bodies = [
    '[]',
    '{"key":1}',
    '{"key":["a"]}',
    '{"__proto__":{"key":"one"}}',
    '{"key":"one","x":1}',
    'null',
  ]
  for (const body of bodies) {
    const { status } = await scene.ask('/limits/customer/reset', { ...JSON_POST, body })
    t.equal(status, 422, body)
  }
  t.strictSame(scene.events, [])
})

t.test('a limit that there is not is 404, whatever its bytes', async (t) => {
  const scene = await limitsScene(t)
  for (const name of [
    'pubic',
    '__proto__',
    'constructor',
    '%00',
    '%E2%80%AE',
    '%2e%2e%2fpolicy',
    'x'.repeat(99),
  ]) {
    const { status, text } = await scene.ask(`/limits/${name}?ip=192.0.2.1`)
    t.match([status, JSON.parse(text)], [404, { code: 'no_route' }], name)
    t.equal((await reset(scene, name, { ip: '192.0.2.1' })).status, 404, name)
  }
  for (const name of ['%ff', '%zz', 'x'.repeat(2000)]) {
    t.ok([400, 404].includes((await scene.ask(`/limits/${name}`)).status), name)
  }
})

t.test('numbers of a store that cannot be right do no harm', async (t) => {
  for (const [remaining, resetMs, window] of [
    [Number.NaN, Number.NaN, 0],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1],
    [-1, -1, 0],
    [1.5, 1e300, 0],
    [1, 1, 99],
    [1, 1, -1],
  ] as const) {
    const counters = { read: async () => ({ remaining, resetMs, window }), reset: () => undefined }
    const scene = await limitsScene(t, { counters })
    const { status, text } = await scene.ask('/limits/public?ip=192.0.2.1')
    t.equal(status, 200)
    const shown = JSON.parse(text)
    t.ok(shown.remaining === null || (shown.remaining >= 0 && shown.remaining <= shown.max), text)
  }
})

t.test('asking spends nothing, and finds what a live request with any bytes was charged to', async (t) => {
  const scene = await limitsScene(t)
  // What a query cannot say (a half of a pair), no policy can either.
  const value = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
  const awkward = fc.string({
    unit: fc.constantFrom('|', ':', '1', '@', 's', '&', '=', '%', '+', '\0'),
    minLength: 1,
  })
  const texts = fc.oneof(
    value,
    awkward.map((one) => one.slice(0, 40)),
  )
  await fc.assert(
    fc.asyncProperty(texts, fc.integer({ min: 1, max: 5 }), async (org, spent) => {
      scene.counters.reset(planOf(limitOf(scene, 'plan')).keyOf(subject(org)))
      charge(scene, 'plan', { org }, spent)
      const query = new URLSearchParams({ org, route: 'closed' })
      for (let i = 0; i < 3; i++) {
        const { remaining } = await shownAt(scene, `/limits/plan?${query}`)
        if (remaining !== 5 - spent) return false
      }
      return (
        JSON.parse((await reset(scene, 'plan', { org, route: 'closed' })).text).before.remaining === 5 - spent
      )
    }),
    { numRuns: 60 },
  )
})

const subject = (org: string) => ({
  facts: { client: '192.0.2.1' },
  principal: { keyId: '', org, subject: '' },
  route: { id: 'closed' },
})
