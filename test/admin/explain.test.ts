import { randomBytes } from 'node:crypto'
import t from 'tap'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import { StoreError } from '../../src/adapters/redis/store-error.ts'
import { answerSchema } from '../../src/explain/explanation.ts'
import { newKey } from '../../src/policies/key/format.ts'
import { RecentRecords } from '../../src/runtime/recent.ts'
import { forwarded } from '../adapters/audit-records.ts'
import { charge, limitsScene } from './limits-scene.ts'
import { adminScene, JSON_POST, type Scene, SECRET, TOKEN } from './scene.ts'

const post = ({ ask }: Scene, question: unknown) =>
  ask('/explain', { ...JSON_POST, body: JSON.stringify(question) })

async function explained(scene: Scene, question: unknown) {
  const { status, text } = await post(scene, question)
  if (status !== 200) throw new Error(text)
  return answerSchema.parse(JSON.parse(text))
}

t.test('a request by the policy in force, on the counts of now, which stay as they are', async (t) => {
  const scene = await limitsScene(t)
  for (let i = 0; i < 3; i++) charge(scene, 'public')
  const question = { target: '/closed/a', key: 'one', ip: '192.0.2.1' }
  for (let i = 0; i < 3; i++) {
    t.match(await explained(scene, question), {
      kind: 'request',
      counters: 'live',
      outcome: 'forward',
      route: { id: 'closed' },
      buckets: [
        { limit: 'public', windows: [{ remaining: 7 }, { remaining: 1 }], counted_in: 'process' },
        { limit: 'customer', bucket: 'key one', windows: [{ remaining: 60 }] },
        { limit: 'plan', windows: [{ remaining: 5 }] },
      ],
      upstream: { name: 'legacy', circuit: { state: 'open' } },
      warnings: [/circuit_open/],
    })
  }
  t.equal(scene.counters.stats().buckets, 1)
  charge(scene, 'public')
  t.match(await explained(scene, question), { outcome: 'refuse', code: 'rate_limited', status: 429 })
})

t.test('neither the audit nor the log hears of it', async (t) => {
  const scene = await adminScene(t)
  await explained(scene, { target: '/open' })
  t.strictSame([scene.events, scene.said], [[], []])
})

t.test('no secret of the policy, nor of the question', async (t) => {
  const scene = await adminScene(t)
  const { text } = await post(scene, {
    target: '/closed/a',
    key: 'one',
    headers: { cookie: 'canary-cookie' },
  })
  t.match(text, '"x-upstream-secret","value":"***"')
  for (const secret of [SECRET, TOKEN, 'canary-cookie']) t.notOk(text.includes(secret), secret)
})

t.test('a request of late, by its id', async (t) => {
  const recent = new RecentRecords()
  recent.record({
    ...forwarded,
    outcome: 'refuse',
    code: 'key_expired',
    why: 'key one has expired',
    status: 401,
  })
  const scene = await adminScene(t, undefined, undefined, { recent })
  t.match(await explained(scene, { request_id: forwarded.id }), {
    kind: 'decision',
    id: forwarded.id,
    code: 'key_expired',
    why: 'key one has expired',
    is_in_force: false,
  })
  t.match(await post(scene, { request_id: 'f'.repeat(32) }), { status: 404, text: /only the latest are/ })
})

t.test('what describes no request is refused, and says where', async (t) => {
  const scene = await adminScene(t)
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [{}, /"body_invalid"/],
    [{ target: 'a b' }, /target/],
    [{ target: '/a', headers: { 'x y': 'z' } }, /body/],
    [{ target: '/a', headers: { x: 'a\r\nb: c' } }, /body/],
    [{ target: '/a', ip: 'nowhere' }, /`ip` is no address/],
    [{ target: '/a', at: 'soon' }, /`at` is no time/],
    [{ target: '/a', method: 'FETCH' }, /`method`/],
    [{ target: '/a', key: newKey(randomBytes) }, /"detail":"`key` is a key itself: give its id [^_]+"/],
    [{ target: '/a', what: 1 }, /body/],
    [{ target: '/a', request_id: 'f'.repeat(32) }, /body/],
    [{ request_id: 'F' }, /body/],
    [[], /body/],
  ]
  for (const [question, text] of wrong) {
    t.match(await post(scene, question), { status: 422, text }, JSON.stringify(question))
  }
})

t.test('a body of up to 64 KB is read', async (t) => {
  const scene = await adminScene(t)
  const body = 'x'.repeat(60_000)
  t.match(await explained(scene, { target: '/closed/a', method: 'POST', body }), {
    request: { body_bytes: 60_000 },
  })
  t.match(await post(scene, { target: '/a', body: 'x'.repeat(66_000) }), { status: 413 })
})

t.test('only with the token, and only by POST', async (t) => {
  const { ask } = await adminScene(t)
  t.equal(
    (await ask('/explain', { ...JSON_POST, headers: { 'content-type': 'application/json' } })).status,
    401,
  )
  t.equal((await ask('/explain')).status, 404)
})

t.test('a store that does not answer', async (t) => {
  class Silent extends MemoryCounters {
    override read(): never {
      throw new StoreError('unreachable', 'silent')
    }
  }
  const scene = await limitsScene(t, { counters: new Silent() })
  t.match(await post(scene, { target: '/open' }), { status: 503, text: /"limit_unavailable"/ })
})
