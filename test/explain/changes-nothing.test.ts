import fc from 'fast-check'
import t from 'tap'
import { LeasedCounters } from '../../src/adapters/counters-leased.ts'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import type { CounterStore } from '../../src/core/ports.ts'
import { askedOf, type RequestQuestion } from '../../src/explain/question.ts'
import { judge } from '../../src/judge/judge.ts'
import { connected, PATIENT, settingsOf } from '../adapters/redis/tools.ts'
import { KEYS } from '../support/app.ts'
import { noRedis, type RedisServer, startRedis } from '../support/redis.ts'
import { ask, liveWorld, memory, worldOf } from './scene.ts'

const START_MS = Date.UTC(2026, 2, 31, 23, 59, 0)
const world = worldOf(`version: 1
upstreams: { api: { url: http://127.0.0.1:1 } }
${KEYS}
limits:
  near: { by: ip, rate: 6/minute, burst: 3/second, cooldown: { after: 3, within: 1m, for: 2m } }
  few: { by: key, rate: 5/minute, quota: 6/day, warn_at: [50%, 100%] }
  many: { by: org, quota: 20/month, concurrent: 2 }
  leased: { by: key, rate: 100/minute, accuracy: leased }
defaults: { upstream: api, auth: [key], limits: [near, few, many] }
routes:
  - { id: all, match: { path: "/all/*" } }
  - { id: dear, match: { path: /dear }, cost: 2 }
  - { id: leased, match: { path: /leased }, limits: [leased] }
  - { id: open, match: { path: /open }, auth: none, limits: [near] }
`)

const step = fc.record({
  waitMs: fc.oneof(fc.nat(400), fc.nat(90_000)),
  target: fc.constantFrom('/all/x', '/dear', '/open', '/leased'),
  key: fc.constantFrom('acme-prod', 'other-prod'),
  ip: fc.constantFrom('192.0.2.1', '192.0.2.2'),
  looks: fc.integer({ min: 1, max: 3 }),
})

/** What comes of the request when it is sent. */
async function send(counters: CounterStore, question: RequestQuestion, nowMs: number) {
  const { described, claim } = askedOf(question, world.policy, nowMs)
  const judged = await judge(world.policy, described, world.settings.server, {
    counters,
    ...(claim === undefined ? {} : { claim }),
  })
  const { decision } = judged
  // Most requests are over at once.
  if (nowMs % 3 !== 0) for (const { charge } of decision?.charged ?? []) counters.release([charge])
  return {
    code: decision?.refusal?.code,
    headers: decision?.refusal?.headers,
    states: decision?.charged.map(({ state }) => state),
    warnings: decision?.warnings,
  }
}

t.test('who is explained to changes nothing: two stores, one looked at, count alike', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const [looked, alone] = [memory(), memory()]
      let nowMs = START_MS
      for (const { waitMs, target, key, ip, looks } of steps) {
        nowMs += waitMs
        const question = { target, key, ip }
        // Also at another time than now.
        for (let i = 0; i < looks; i++) await ask(liveWorld(world, looked), question, nowMs + i * 45_000)
        const [one, other] = [await send(looked, question, nowMs), await send(alone, question, nowMs)]
        if (JSON.stringify(one) !== JSON.stringify(other)) return false
      }
      return true
    }),
  )
})

/** Whether a request gets what it was told it would get; null: how often the bucket was refused before nobody tells. */
async function isTrue(counters: CounterStore, question: RequestQuestion, nowMs: number) {
  const said = await ask(liveWorld(world, counters), question, nowMs)
  const { code = null, headers, warnings } = await send(counters, question, nowMs)
  if (code === 'cooldown' && said.warnings.some((one) => one.includes('cooldown'))) return null
  const wait = said.to_client.find(({ name }) => name === 'retry-after')?.value
  if (code !== null) return said.code === code && wait === headers?.[1]
  const crossed = said.warnings.flatMap((one) => /warns: (\S+)$/.exec(one)?.[1] ?? [])
  return said.code === null && JSON.stringify(crossed) === JSON.stringify(warnings)
}

t.test('what is explained comes true: outcome, wait and warnings, whatever was counted before', async (t) => {
  const refused = new Set<string | null>()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
      const counters = memory()
      let nowMs = START_MS
      for (const { waitMs, target, key, ip } of steps) {
        nowMs += waitMs % 30_000
        const question = { target, key, ip }
        refused.add((await ask(liveWorld(world, counters), question, nowMs)).code)
        if ((await isTrue(counters, question, nowMs)) === false) return false
      }
      return true
    }),
  )
  t.strictSame(
    [...refused].sort(),
    ['concurrency_exceeded', 'cooldown', null, 'quota_exhausted', 'rate_limited'].sort(),
  )
})

t.test('a limit that refuses opens no bucket by being looked at', async (t) => {
  const counters = new MemoryCounters()
  for (let i = 0; i < 50; i++) {
    await ask(liveWorld(world, counters), { target: '/all/x', key: 'acme-prod', ip: `192.0.2.${i}` })
  }
  t.equal(counters.stats().buckets, 0)
})

const ALL = `local all = {} for i, key in ipairs(redis.call('keys', '*')) do
  all[i] = key .. ' ' .. redis.sha1hex(redis.call('dump', key)) end return all`

const contents = (server: RedisServer): readonly string[] => server.cli('eval', ALL, '0').split('\n')

t.test('nor in Redis, looked at through leases', { skip: noRedis() }, async (t) => {
  const server = await startRedis(t)
  const store = await connected(t, settingsOf(server, PATIENT))
  // It holds none, so it has nothing to give back in the middle of this.
  const leased = new LeasedCounters({ store, replicas: () => 2 })
  t.teardown(() => leased.close())
  let [kept, changed] = [0, 0]
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      for (const { target, key, ip } of steps) await send(store, { target, key, ip }, Date.now())
      // What is given back behind a refusal is under way still.
      for (const { limit } of world.about.limits.values()) await store.read(limit, 'none', 0)
      const before = new Set(contents(server))
      for (const { target, key, ip } of steps) await ask(liveWorld(world, leased), { target, key, ip })
      // What was there may have come to its end meanwhile.
      const after = contents(server)
      const same = after.filter((one) => before.has(one)).length
      kept += same
      changed += after.length - same
    }),
    { numRuns: 30 },
  )
  t.match({ kept: kept > 30, changed }, { kept: true, changed: 0 })
})
