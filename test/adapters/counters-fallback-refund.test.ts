import t from 'tap'
import { StoreError } from '../../src/adapters/redis/store-error.ts'
import type { ChargeResult } from '../../src/core/limits.ts'
import { charged, chargeOf, limitOf, sceneOf } from './counters-fallback-scene.ts'

/** The trial of the store is made at this time, too. */
const NOW = Date.now()
const local = limitOf('local', 'local')
const allow = limitOf('allow', 'allow')

t.test('a refund goes where the charge went', async (t) => {
  const scene = sceneOf(t)
  const [there, here, free] = [chargeOf(local), chargeOf(local), chargeOf(allow)]
  await scene.counters.charge([there], NOW)
  scene.store.manner = 'fails'
  await scene.counters.charge([here, free], NOW)
  t.match(scene.local.read(local, 'local', NOW), { remaining: 9 })
  scene.store.manner = 'answers'
  await scene.becomes('closed')
  scene.counters.refund([here], NOW)
  scene.counters.refund([free], NOW)
  t.match(scene.local.read(local, 'local', NOW), { remaining: 10 })
  t.equal(scene.store.countOf('refund'), 0, 'the store has nothing to give back')
  t.match(scene.store.counters.read(local, 'local', NOW), { remaining: 9 })
  scene.counters.refund([there], NOW)
  t.equal(scene.store.countOf('refund'), 1)
  t.match(scene.store.counters.read(local, 'local', NOW), { remaining: 10 })
})

t.test('what was taken in a store that is given up is not asked back from it', async (t) => {
  const scene = sceneOf(t)
  const there = chargeOf(local)
  await scene.counters.charge([there], NOW)
  scene.store.manner = 'fails'
  await charged(scene, [local], NOW)
  scene.counters.refund([there], NOW)
  t.equal(scene.store.countOf('refund'), 0)
  t.match(scene.local.read(local, 'local', NOW), { remaining: 9 }, 'nor from this process')
})

t.test('a charge that went through late is refunded once, here', async (t) => {
  const scene = sceneOf(t, { deadlineMs: 10 })
  scene.store.manner = 'held'
  const charge = chargeOf(local)
  await scene.counters.charge([charge], NOW)
  for (const letGo of scene.store.held) letGo()
  scene.counters.refund([charge], NOW)
  t.match(scene.local.read(local, 'local', NOW), { remaining: 10 })
  t.match(scene.store.counters.read(local, 'local', NOW), { remaining: 9 })
  t.equal(scene.store.countOf('refund'), 0)
})

t.test('a store of which too much is asked has not failed', async (t) => {
  const scene = sceneOf(t)
  scene.store.charge = () => Promise.reject(new StoreError('busy', 'too much is asked'))
  t.match(await charged(scene, [local], NOW), { refused: -1 })
  t.match(scene.local.read(local, 'local', NOW), { remaining: 9 })
  t.match(scene.counters.state(), { name: 'closed', failures: 0 })
})

t.test('reading asks the store, or this process without it', async (t) => {
  const scene = sceneOf(t, { replicas: () => 2 })
  await charged(scene, [local], NOW)
  t.match(await scene.counters.read(local, 'local', NOW), { remaining: 9 })
  scene.store.manner = 'fails'
  t.match(await scene.counters.read(local, 'local', NOW), { remaining: 5 })
  t.match(scene.counters.state(), { name: 'open', failures: 1 })
  t.match(scene.counters.read(local, 'local', NOW), { remaining: 5 })
})

t.test('a reset clears both counts, and says so when the store does not do it', async (t) => {
  const scene = sceneOf(t)
  await charged(scene, [local], NOW)
  scene.local.charge([chargeOf(local)], NOW)
  await scene.counters.reset('local')
  t.match(scene.local.read(local, 'local', NOW), { remaining: 10 })
  t.match(scene.store.counters.read(local, 'local', NOW), { remaining: 10 })
  scene.store.manner = 'fails'
  await t.rejects(Promise.resolve(scene.counters.reset('local')), { name: 'StoreError' })
  t.equal(scene.counters.reset('local'), undefined, 'given up: only here')
})

t.test('what a store says is cut and cleaned before anybody sees it', async (t) => {
  const scene = sceneOf(t)
  const message = `a\nb\u001b[31m${'x'.repeat(1000)}`
  scene.store.charge = (): Promise<ChargeResult> => Promise.reject(new StoreError('reply', message))
  await charged(scene, [local], NOW)
  const { lastProblem } = scene.counters.state()
  t.match(lastProblem, /^a\ufffdb\ufffd\[31mx+$/)
  t.equal(lastProblem?.length, 200)
})
