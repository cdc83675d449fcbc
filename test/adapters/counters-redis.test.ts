import t from 'tap'
import type { CounterStore } from '../../src/core/ports.ts'
import { noRedis, startRedis } from '../support/redis.ts'
import { limitWith, sliding } from './counters-contract/tools.ts'
import { countersContract } from './counters-contract.ts'
import { connected, lifetimesMs, PATIENT, settingsOf } from './redis/tools.ts'

const skip = noRedis()
const once = limitWith('once', [sliding(1, 60_000)])
const tight = limitWith('tight', [sliding(3, 60_000)])

/** The same store with buckets of its own. */
function apart(store: CounterStore, name: string): CounterStore {
  const moved = <T extends { readonly key: string }>(charges: readonly T[]): T[] =>
    charges.map((charge) => ({ ...charge, key: `${charge.key}|${name}` }))
  return {
    charge: (charges, nowMs) => store.charge(moved(charges), nowMs),
    refund: (charges, nowMs) => store.refund(moved(charges), nowMs),
    release: (charges) => store.release(moved(charges)),
    read: (limit, key, nowMs) => store.read(limit, `${key}|${name}`, nowMs),
    reset: (key) => store.reset(`${key}|${name}`),
  }
}

t.test('counters in Redis keep the contract', { skip }, async (t) => {
  const server = await startRedis(t)
  const counters = await connected(t, settingsOf(server, PATIENT), 'caller')
  let number = 0
  countersContract(t, () => apart(counters, `${number++}`))

  t.test('everything that it kept expires', async (t) => {
    const found = lifetimesMs(server)
    t.ok(found.length > 100)
    t.equal(found.filter((ms) => ms > 0).length, found.length)
  })
})

t.test('the clock that counts is that of Redis', { skip }, async (t) => {
  const server = await startRedis(t)
  const [ahead, behind] = [
    await connected(t, settingsOf(server, PATIENT)),
    await connected(t, settingsOf(server, PATIENT)),
  ]
  const charge = { limit: once, key: 'a', cost: 1 }
  t.match(await ahead.charge([charge], Date.now() + 86_400_000), { refused: -1 })
  t.match(await behind.charge([{ ...charge }], 0), { refused: 0, cause: 'window' })
  const { retryAfterMs } = await behind.charge([{ ...charge }], 0)
  t.ok(retryAfterMs > 0 && retryAfterMs <= 60_000)
})

t.test('a charge is given back by whoever took it, whatever its own clock says', { skip }, async (t) => {
  const counters = await connected(t, settingsOf(await startRedis(t), PATIENT))
  const charge = { limit: tight, key: 'a', cost: 3 }
  await counters.charge([charge], 0)
  t.match(await counters.read(tight, 'a', 0), { remaining: 0 })
  counters.refund([{ ...charge }], 0)
  t.match(await counters.read(tight, 'a', 0), { remaining: 0 }, 'a charge that was not taken here')
  counters.refund([charge], 0)
  t.match(await counters.read(tight, 'a', 0), { remaining: 3 })
})

t.test('a key lives as long as it counts, and no longer', { skip }, async (t) => {
  const server = await startRedis(t)
  const counters = await connected(t, settingsOf(server, PATIENT))
  await counters.charge([{ limit: tight, key: 'a', cost: 1 }], 0)
  const [ttlMs = 0] = lifetimesMs(server)
  t.ok(ttlMs > 0 && ttlMs <= 60_000, `${ttlMs}`)
  server.cli('persist', 'sallyport:{sallyport}a')
  const charge = { limit: tight, key: 'a', cost: 1 }
  await counters.charge([charge], 0)
  server.cli('persist', 'sallyport:{sallyport}a')
  counters.refund([charge], 0)
  await counters.read(tight, 'a', 0)
  t.ok(
    lifetimesMs(server).every((ms) => ms > 0),
    'also after somebody took its end away',
  )
})

t.test('V72 a refusal makes no key', { skip }, async (t) => {
  const server = await startRedis(t)
  const counters = await connected(t, settingsOf(server, PATIENT))
  await counters.charge([{ limit: once, key: 'full', cost: 1 }], 0)
  const charges = [
    { limit: tight, key: 'new', cost: 1 },
    { limit: once, key: 'full', cost: 1 },
    { limit: limitWith('long', [sliding(3, 120_000)]), key: 'other', cost: 9 },
  ]
  t.match(await counters.charge(charges, 0), { refused: 2 })
  await counters.read(tight, 'new', 0)
  counters.refund([{ limit: tight, key: 'new', cost: 1 }], 0)
  await counters.read(tight, 'new', 0)
  t.equal(server.cli('keys', '*'), 'sallyport:{sallyport}full')
})

t.test(
  'a server that forgot the script is given it again, once, and nothing is counted twice',
  { skip },
  async (t) => {
    const server = await startRedis(t)
    const counters = await connected(t, settingsOf(server, PATIENT))
    const wide = limitWith('wide', [sliding(1000, 60_000)])
    const many = () =>
      Promise.all(Array.from({ length: 50 }, () => counters.charge([{ limit: wide, key: 'a', cost: 1 }], 0)))
    await many()
    server.cli('script', 'flush')
    await many()
    t.match(await counters.read(wide, 'a', 0), { remaining: 900 })
    t.match(server.cli('info', 'commandstats'), /cmdstat_eval:calls=2,/)
    server.cli('flushall')
    await many()
    t.match(await counters.read(wide, 'a', 0), { remaining: 950 }, 'what was flushed counts from nought')
  },
)

t.test('requests of one moment share a round trip', { skip }, async (t) => {
  const server = await startRedis(t)
  const counters = await connected(t, settingsOf(server, PATIENT))
  const wide = limitWith('wide', [sliding(1000, 60_000)])
  await counters.charge([{ limit: wide, key: 'warm', cost: 1 }], 0)
  const reads = (): number => Number(/total_reads_processed:(\d+)/.exec(server.cli('info', 'stats'))?.[1])
  const before = reads()
  await Promise.all(
    Array.from({ length: 200 }, (_, i) => counters.charge([{ limit: wide, key: `${i}`, cost: 1 }], 0)),
  )
  const taken = reads() - before
  t.ok(taken < 20, `${taken} reads for 200 charges`)
})
