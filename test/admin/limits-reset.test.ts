import t from 'tap'
import { StoreError } from '../../src/adapters/redis/store-error.ts'
import { AdminToken } from '../../src/admin/token.ts'
import { charge, limitsScene, reset, shownAt } from './limits-scene.ts'
import { GOOD, JSON_POST, TOKEN } from './scene.ts'

t.test('a reset clears one bucket, with one line in the log and one in the audit', async (t) => {
  const scene = await limitsScene(t)
  charge(scene, 'customer', { keyId: 'one' }, 4)
  charge(scene, 'customer', { keyId: 'two' }, 3)
  const { status, text, headers } = await reset(scene, 'customer', { key: 'one' })
  t.equal(status, 200)
  t.match(JSON.parse(text), {
    limit: 'customer',
    bucket: 'key one',
    before: { rate: '60/minute', max: 60, remaining: 56 },
    after: { rate: '60/minute', max: 60, remaining: 60 },
  })
  t.match(await shownAt(scene, '/limits/customer?key=one'), { remaining: 60 })
  t.match(await shownAt(scene, '/limits/customer?key=two'), { remaining: 57 }, 'the other one stays')
  const who = new AdminToken(TOKEN).fingerprint
  const { time, ...event } = scene.events[0] ?? {}
  t.match(time, /^\d{4}-.*Z$/)
  t.strictSame(event, {
    type: 'admin',
    id: headers.get('x-request-id'),
    who,
    address: '127.0.0.1',
    action: 'limit.reset',
    good: true,
    limit: 'customer',
    bucket: 'key one',
    counted_in: 'process',
    before: '56 left of 60/minute',
    after: '60 left of 60/minute',
  })
  t.equal(scene.events.length, 1)
  t.strictSame(scene.said, [
    [
      'info',
      'limit reset',
      { limit: 'customer', bucket: 'key one', why: `admin API: token ${who} from 127.0.0.1` },
    ],
  ])
})

t.test('a bucket by global takes an empty body', async (t) => {
  const scene = await limitsScene(t)
  charge(scene, 'everyone', {}, 7)
  t.equal((await scene.ask('/limits/everyone/reset', JSON_POST)).status, 200)
  t.match(await shownAt(scene, '/limits/everyone'), { remaining: 5000 })
})

t.test('nothing is reset without the token, by a GET, or by a page of somebody else', async (t) => {
  const scene = await limitsScene(t)
  charge(scene, 'public', {}, 4)
  const body = '{"ip":"192.0.2.1"}'
  const path = '/limits/public/reset'
  t.equal(
    (await scene.ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status,
    401,
  )
  t.equal((await scene.ask(`${path}?ip=192.0.2.1`)).status, 404)
  t.equal(
    (await scene.ask(path, { method: 'POST', headers: { ...GOOD, 'content-type': 'text/plain' }, body }))
      .status,
    415,
  )
  t.strictSame(scene.events, [])
})

t.test('a reset that fails is told, with no word of the store in the reply', async (t) => {
  const failing = {
    read: () => ({ remaining: 1, resetMs: 5, window: 0 }),
    reset: () => Promise.reject(new Error('redis://user:canary@store')),
  }
  const scene = await limitsScene(t, { counters: failing })
  const { status, text } = await reset(scene, 'public', { ip: '192.0.2.1' })
  t.equal(status, 500)
  t.notMatch(text, /canary|redis/)
  t.match(scene.events, [{ action: 'limit.reset', good: false, before: '1 left of 10/minute', after: null }])
})

t.test('a shared store that does not answer is 503', async (t) => {
  const failing = {
    read: () => Promise.reject(new StoreError('timeout', 'no answer in time')),
    reset: () => undefined,
  }
  const scene = await limitsScene(t, { counters: failing })
  for (const reply of [await scene.ask('/limits/everyone'), await reset(scene, 'everyone', {})]) {
    t.equal(reply.status, 503)
    t.match(JSON.parse(reply.text), { code: 'limit_unavailable', detail: 'no answer in time' })
  }
  t.strictSame(scene.events, [])
})
