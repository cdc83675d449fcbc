import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import { bucketKey, type Limit } from '../../src/core/limits.ts'
import { calendar, limitWith, sliding } from './counters-contract/tools.ts'
import { countersContract } from './counters-contract.ts'

const NOON = Date.UTC(2026, 4, 15, 12)
const HOUR_MS = 3_600_000
const MAX_BYTES_PER_CLIENT = 1024

countersContract(t, () => new MemoryCounters())

const once = limitWith('once', [sliding(1, 60_000)])
const rate = limitWith('rate', [sliding(10, 60_000)])
const quota = limitWith('quota', [calendar(10, 'day')])

const isTaken = (counters: MemoryCounters, limit: Limit, key: string, nowMs = NOON, cost = 1): boolean =>
  counters.charge([{ limit, key, cost }], nowMs).refused === -1

t.test('V72 a million clients take no more buckets than allowed', async (t) => {
  const counters = new MemoryCounters({ maxBuckets: 1000 })
  for (let i = 0; i < 1_000_000; i++) isTaken(counters, rate, `rate|${i}`)
  t.match(counters.stats(), { buckets: 1000, maxBuckets: 1000, evictions: 999_000, evictedRefusing: 0 })
})

t.test('V72 who is at the limit stays refused, however many others come', async (t) => {
  const counters = new MemoryCounters({ maxBuckets: 100 })
  for (let i = 0; i < 50; i++) isTaken(counters, once, `attacker|${i}`)
  for (let i = 0; i < 10_000; i++) isTaken(counters, rate, `crowd|${i}`, NOON + 1)
  for (let i = 0; i < 50; i++) t.notOk(isTaken(counters, once, `attacker|${i}`, NOON + 59_999))
  t.match(counters.stats(), { buckets: 100, refusing: 50, evictedRefusing: 0 })
})

t.test('V72 when every bucket is at its limit, the one that is free soonest goes', async (t) => {
  const counters = new MemoryCounters({ maxBuckets: 50 })
  const order = Array.from({ length: 50 }, (_, i) => (i * 7) % 50)
  for (const i of order) isTaken(counters, once, `attacker|${i}`, NOON + i)
  t.ok(isTaken(counters, rate, 'honest', NOON + 100))
  t.notOk(isTaken(counters, once, 'attacker|1', NOON + 100), 'only the soonest had to go')
  t.match(counters.stats(), { buckets: 50, evictedRefusing: 1 })
  t.ok(isTaken(counters, once, 'attacker|0', NOON + 100))
})

t.test('who is no longer at the limit can be evicted again', async (t) => {
  const counters = new MemoryCounters({ maxBuckets: 3 })
  const long = limitWith('long', [sliding(1, HOUR_MS)])
  const halfFree = limitWith('half', [sliding(1, 1000), sliding(9, HOUR_MS)])
  isTaken(counters, halfFree, 'half')
  isTaken(counters, long, 'a')
  isTaken(counters, long, 'b')
  t.equal(counters.stats().refusing, 3)
  isTaken(counters, rate, 'new', NOON + 1000)
  t.match(counters.stats(), { refusing: 2, evictions: 1, evictedRefusing: 0 })
  t.notOk(isTaken(counters, long, 'a', NOON + 1000))
})

t.test('what was given back is no longer held for refusing', async (t) => {
  const counters = new MemoryCounters()
  isTaken(counters, once, 'a')
  t.equal(counters.stats().refusing, 1)
  counters.refund([{ limit: once, key: 'a', cost: 1 }], NOON)
  t.equal(counters.stats().refusing, 0)
})

t.test('a refusal of a large cost is held too, and opens no bucket', async (t) => {
  const counters = new MemoryCounters()
  t.notOk(isTaken(counters, rate, 'a', NOON, 11))
  t.equal(counters.stats().buckets, 0)
  isTaken(counters, rate, 'a', NOON, 9)
  t.equal(counters.stats().refusing, 0)
  t.notOk(isTaken(counters, rate, 'a', NOON, 2))
  t.equal(counters.stats().refusing, 1)
})

t.test('what is in use stays before what came once', async (t) => {
  const counters = new MemoryCounters({ maxBuckets: 10 })
  for (let i = 0; i < 100; i++) {
    if (i % 5 === 0) isTaken(counters, rate, 'regular', NOON)
    isTaken(counters, rate, `once|${i}`)
  }
  t.match(counters.read(rate, 'regular', NOON), { remaining: 0 })
})

t.test('a quota is kept before rates, while quotas are not most of all', async (t) => {
  const counters = new MemoryCounters({ maxBuckets: 10 })
  isTaken(counters, quota, 'q')
  for (let i = 0; i < 100; i++) isTaken(counters, rate, `r|${i}`)
  t.match(counters.read(quota, 'q', NOON), { remaining: 9 })
  for (let i = 0; i < 100; i++) isTaken(counters, quota, `q|${i}`)
  t.match(counters.read(quota, 'q', NOON), { remaining: 10 })
  t.match(counters.read(rate, 'r|99', NOON), { remaining: 9 }, 'and leave room for rates')
})

t.test('a limit that gets or loses its quota changes its place', async (t) => {
  const counters = new MemoryCounters({ maxBuckets: 4 })
  const both = limitWith('a', [sliding(10, 60_000), calendar(10, 'day')])
  isTaken(counters, both, 'a')
  isTaken(counters, limitWith('a', [sliding(10, 60_000)]), 'a')
  for (let i = 0; i < 4; i++) isTaken(counters, rate, `r|${i}`)
  t.match(counters.read(both, 'a', NOON), { remaining: 10 }, 'it went like any other')
  isTaken(counters, limitWith('b', [sliding(1, 60_000)]), 'b')
  isTaken(counters, limitWith('b', [sliding(9, 60_000), calendar(2, 'day')]), 'b')
  isTaken(counters, limitWith('b', [sliding(9, 60_000), calendar(2, 'day')]), 'b')
  t.equal(counters.stats().refusing, 1)
})

t.test('expired buckets are reclaimed while new ones come', async (t) => {
  const counters = new MemoryCounters({ maxBuckets: 10_000 })
  for (let i = 0; i < 1000; i++) isTaken(counters, rate, `old|${i}`)
  for (let i = 0; i < 1000; i++) isTaken(counters, rate, `new|${i}`, NOON + HOUR_MS)
  t.match(counters.stats(), { evictions: 0, reclaimed: 1000, buckets: 1000 })
})

t.test('a bucket that is found and then has to make room is opened anew', async (t) => {
  const counters = new MemoryCounters({ maxBuckets: 1 })
  isTaken(counters, rate, 'b')
  const charges = ['a', 'b'].map((key) => ({ limit: rate, key, cost: 1 }))
  t.match(counters.charge(charges, NOON), { refused: -1, states: [{ remaining: 9 }, { remaining: 9 }] })
  t.match(counters.stats(), { buckets: 1, evictions: 2 })
})

t.test('a new bucket in a used place starts at nothing', async (t) => {
  const counters = new MemoryCounters({ maxBuckets: 1 })
  const both = limitWith('a', [sliding(10, 60_000), calendar(10, 'day')])
  for (let i = 0; i < 9; i++) isTaken(counters, both, 'a')
  isTaken(counters, both, 'b')
  t.match(counters.read(both, 'b', NOON), { remaining: 9 })
})

t.test('three sliding windows are more than a bucket holds', async (t) => {
  const limit = limitWith('a', [sliding(1, 1), sliding(1, 2), sliding(1, 3)])
  t.throws(() => isTaken(new MemoryCounters(), limit, 'a'), RangeError)
})

t.test('V72 a client costs at most 1 KB, key and map entry included', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const clients = 200_000
  const limit = limitWith('authenticated', [sliding(60, 60_000), sliding(10, 1000), calendar(9, 'month')])
  const bytes = () => {
    collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const before = bytes()
  const counters = new MemoryCounters({ maxBuckets: clients })
  for (let i = 0; i < clients; i++) {
    isTaken(counters, limit, bucketKey('authenticated', [`2001:db8:${i.toString(16)}:1::/64`]))
  }
  const perClient = (bytes() - before) / clients
  t.equal(counters.stats().buckets, clients)
  t.comment(`${Math.round(perClient)} bytes per client with three windows`)
  t.ok(perClient <= MAX_BYTES_PER_CLIENT, `${Math.round(perClient)} bytes`)
})
