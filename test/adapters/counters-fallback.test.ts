import t from 'tap'
import { calendarContract } from './counters-contract/calendar.ts'
import { slidingContract } from './counters-contract/sliding.ts'
import { limitWith, NOON } from './counters-contract/tools.ts'
import { countersContract } from './counters-contract.ts'
import { charged, chargeOf, limitOf, type Scene, sceneOf } from './counters-fallback-scene.ts'

const local = limitOf('local', 'local')
const allow = limitOf('allow', 'allow')
const deny = limitOf('deny', 'deny')

t.test('while the store answers it is the store', async (t) => {
  countersContract(t, () => sceneOf(t).counters)
})

t.test('while the store fails it is this process', async (t) => {
  const make = async () => (await givenUp(sceneOf(t))).counters
  // Not that of refunds: where a charge was made is known by its identity, which that contract does not keep.
  slidingContract(t, make)
  calendarContract(t, make)
})

/** The store has failed once and fails on. */
async function givenUp(scene: Scene): Promise<Scene> {
  scene.store.manner = 'fails'
  await scene.counters.start()
  return scene
}

t.test('V96: local counts in this process, at its share, and at once', async (t) => {
  const scene = await givenUp(sceneOf(t, { replicas: () => 3 }))
  const outcomes: number[] = []
  for (let i = 0; i < 5; i++) {
    const result = scene.counters.charge([chargeOf(local)], NOON)
    if (result instanceof Promise) return t.fail('it must not have to be waited for')
    outcomes.push(result.refused)
  }
  t.strictSame(outcomes, [-1, -1, -1, 0, 0], 'a third of ten')
  t.equal(scene.store.countOf('charge'), 1, 'the store is left alone')
  t.strictSame(scene.counters.state().instead, { local: 5, allow: 0, deny: 0 })
})

t.test('V96: allow passes and charges nothing', async (t) => {
  const scene = await givenUp(sceneOf(t))
  for (let i = 0; i < 30; i++) {
    t.match(await charged(scene, [allow], NOON), { refused: -1, states: [{ remaining: 10, resetMs: 0 }] })
  }
  t.match(scene.counters.read(allow, 'allow', NOON), { remaining: 10 })
  t.equal(scene.local.stats().buckets, 0)
})

t.test('V96: deny refuses, whatever else is asked for, and charges nothing', async (t) => {
  const scene = await givenUp(sceneOf(t))
  t.same(await charged(scene, [local, deny, allow], NOON), {
    refused: 1,
    cause: 'unavailable',
    retryAfterMs: 1000,
    states: [
      { remaining: 10, resetMs: 0, window: 0 },
      { remaining: 0, resetMs: 1000, window: 0 },
      { remaining: 10, resetMs: 0, window: 0 },
    ],
    warnings: [],
  })
  t.equal(scene.local.stats().buckets, 0)
  t.strictSame(scene.counters.state().instead, { local: 0, allow: 0, deny: 1 })
})

t.test('V96: of mixed modes the local ones are charged together or not at all', async (t) => {
  const scene = await givenUp(sceneOf(t))
  const narrow = limitOf('narrow', 'local', 1)
  const result = await charged(scene, [allow, local, narrow], NOON)
  t.match(result, { refused: -1, states: [{ remaining: 10 }, { remaining: 9 }, { remaining: 0 }] })
  const refused = await charged(scene, [allow, local, narrow], NOON)
  t.match(refused, { refused: 2, cause: 'window', states: [{ remaining: 10 }, { remaining: 9 }, {}] })
  t.match(scene.counters.read(local, 'local', NOON), { remaining: 9 })
})

t.test('a share is never below what one request costs, nor above the limit', async (t) => {
  const scene = await givenUp(sceneOf(t, { replicas: () => 100 }))
  const one = await scene.counters.charge([chargeOf(local, 4)], NOON)
  t.match(one, { refused: -1, states: [{ remaining: 0 }] })
  t.match(await scene.counters.charge([chargeOf(local, 4)], NOON), { refused: 0 })
  t.match(await scene.counters.charge([chargeOf(limitOf('small', 'local', 3), 4)], NOON), { refused: 0 })
})

t.test('a number of replicas that is none counts as one, and a new one counts at once', async (t) => {
  let replicas = Number.NaN
  const scene = await givenUp(sceneOf(t, { replicas: () => replicas }))
  for (const [count, remaining] of [
    [Number.NaN, 10],
    [0, 10],
    [-3, 10],
    [Number.POSITIVE_INFINITY, 10],
    [2.9, 5],
    [5, 2],
  ] as const) {
    replicas = count
    t.match(scene.counters.read(local, 'local', NOON), { remaining }, `${count}`)
  }
})

t.test('warnings are not told of a share', async (t) => {
  const scene = await givenUp(sceneOf(t, { replicas: () => 2 }))
  const quota = limitWith('quota', [{ kind: 'calendar', max: 4, unit: 'day' }], [0.5])
  t.strictSame((await charged(scene, [quota], NOON)).warnings, [])
})

t.test('V96: a store that never answers holds a request up once, and no second one', async (t) => {
  const scene = sceneOf(t, { deadlineMs: 20 })
  scene.store.manner = 'hangs'
  const first = await Promise.all(Array.from({ length: 50 }, () => charged(scene, [local], NOON)))
  t.equal(first.filter(({ refused }) => refused === -1).length, 10, 'the limit holds')
  t.notOk(scene.counters.charge([chargeOf(local)], NOON) instanceof Promise)
  t.match(scene.changes, [{ name: 'open', lastProblem: 'no answer within 20 ms' }])
  t.match(scene.counters.state(), { name: 'open', failures: 50 })
})

t.test('V96: the deadline of a later call is its own', async (t) => {
  const scene = sceneOf(t, { deadlineMs: 100 })
  scene.store.manner = 'held'
  const first = charged(scene, [local], NOON)
  await new Promise((resolve) => setTimeout(resolve, 50))
  const begun = performance.now()
  const second = charged(scene, [local], NOON)
  scene.store.held[0]?.()
  t.match(await first, { refused: -1 })
  t.match(await second, { refused: -1 })
  t.ok(performance.now() - begun >= 99, 'it had all of its time')
  t.equal(scene.counters.state().failures, 1)
  t.match(scene.store.counters.read(local, 'local', NOON), { remaining: 9 })
})

t.test('V96: an answer that was there before its deadline was looked at counts', async (t) => {
  const scene = sceneOf(t, { deadlineMs: 10 })
  scene.store.manner = 'held'
  const pending = charged(scene, [local], NOON)
  // Timers come next after this, and only then what has arrived.
  setImmediate(() => {
    setImmediate(() => scene.store.held[0]?.())
    const untilMs = performance.now() + 30
    while (performance.now() < untilMs);
  })
  t.match(await pending, { refused: -1 })
  t.match(scene.counters.state(), { name: 'closed', failures: 0 }, 'it was this process that was slow')
})

t.test('V96: calls under way are bounded; one more is judged here at once', async (t) => {
  const scene = sceneOf(t, { maxPending: 3, deadlineMs: 50 })
  scene.store.manner = 'held'
  const pending = [1, 2, 3].map(() => charged(scene, [local], NOON))
  t.match(scene.counters.charge([chargeOf(local)], NOON), { refused: -1, states: [{ remaining: 9 }] })
  t.equal(scene.store.countOf('charge'), 3)
  t.equal(scene.counters.state().name, 'closed', 'it has not failed')
  for (const letGo of scene.store.held) letGo()
  for (const one of await Promise.all(pending)) t.equal(one.refused, -1)
  scene.store.manner = 'answers'
  t.ok(scene.counters.charge([chargeOf(local)], NOON) instanceof Promise, 'there is room again')
})

t.test('V96: it heals by itself, without a request', async (t) => {
  const scene = await givenUp(sceneOf(t))
  scene.store.manner = 'answers'
  const healed = scene.becomes('closed')
  await healed
  t.match(scene.changes, [{ name: 'open', lastProblem: 'not connected' }, { name: 'closed' }])
  t.match(await charged(scene, [local], Date.now()), { refused: -1 })
  t.match(scene.store.counters.read(local, 'local', Date.now()), { remaining: 9 })
})

t.test('V96: a store that comes and goes is tried ever more rarely', async (t) => {
  const scene = await givenUp(sceneOf(t))
  const at: number[] = []
  for (let i = 0; i < 3; i++) {
    scene.store.manner = 'answers'
    const openedAt = performance.now()
    await scene.becomes('closed')
    at.push(performance.now() - openedAt)
    scene.store.manner = 'fails'
    await charged(scene, [local], NOON)
  }
  const [first = 0, second = 0, third = 0] = at
  t.ok(first < second && second < third, `${at}`)
})

t.test('a mistake of ours is no failure of the store, and refuses', async (t) => {
  const scene = sceneOf(t)
  scene.store.manner = 'breaks'
  await t.rejects(charged(scene, [allow], NOON), TypeError)
  t.match(scene.counters.state(), { name: 'closed', failures: 0 })
})
