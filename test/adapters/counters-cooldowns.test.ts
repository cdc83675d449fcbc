import t from 'tap'
import { Cooldowns } from '../../src/adapters/counters/cooldowns.ts'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import type { Charge, Limit } from '../../src/core/limits.ts'
import { limitWith, NOON, sliding } from './counters-contract/tools.ts'

const MINUTE_MS = 60_000
const LIMIT: Limit = {
  ...limitWith('login', [sliding(1, MINUTE_MS)]),
  cooldown: { after: 2, withinMs: MINUTE_MS, forMs: 10 * MINUTE_MS },
}
const chargeOf = (key: string, limit = LIMIT): Charge => ({ limit, key, cost: 1 })

function shut(cooldowns: Cooldowns, key: string, nowMs = NOON): void {
  for (let i = 0; i < 2; i++) cooldowns.refused(chargeOf(key), nowMs)
}

t.test('V72 a million offenders take no more memory than allowed', async (t) => {
  const cooldowns = new Cooldowns(1000)
  for (let i = 0; i < 1_000_000; i++) cooldowns.refused(chargeOf(`k|${i}`), NOON)
  t.equal(cooldowns.size, 1000)
})

t.test('V72 nobody who is shut gets out by making others be refused', async (t) => {
  const cooldowns = new Cooldowns(100)
  for (let i = 0; i < 50; i++) shut(cooldowns, `offender|${i}`)
  for (let i = 0; i < 10_000; i++) cooldowns.refused(chargeOf(`crowd|${i}`), NOON + 1)
  for (let i = 0; i < 50; i++) t.equal(cooldowns.read(LIMIT, `offender|${i}`, NOON), 10 * MINUTE_MS)
})

t.test('V72 when all are shut, the one that opens soonest goes', async (t) => {
  const cooldowns = new Cooldowns(50)
  for (let i = 0; i < 50; i++) shut(cooldowns, `offender|${i}`, NOON + ((i * 7) % 50))
  shut(cooldowns, 'new', NOON + 100)
  t.equal(cooldowns.read(LIMIT, 'offender|0', NOON + 100), 0)
  for (let i = 1; i < 50; i++) t.not(cooldowns.read(LIMIT, `offender|${i}`, NOON + 100), 0)
  t.equal(cooldowns.read(LIMIT, 'new', NOON + 100), 10 * MINUTE_MS)
})

t.test('what is over is given up for what comes, before what is not', async (t) => {
  const cooldowns = new Cooldowns(3)
  shut(cooldowns, 'old')
  shut(cooldowns, 'a', NOON + 5 * MINUTE_MS)
  shut(cooldowns, 'b', NOON + 5 * MINUTE_MS)
  shut(cooldowns, 'c', NOON + 11 * MINUTE_MS)
  for (const key of ['a', 'b', 'c']) t.not(cooldowns.read(LIMIT, key, NOON + 11 * MINUTE_MS), 0)
})

t.test('refusals of one that is shut do not let it out sooner', async (t) => {
  const cooldowns = new Cooldowns()
  shut(cooldowns, 'offender')
  // The same request, charging the same bucket once more.
  cooldowns.refused(chargeOf('offender'), NOON)
  const lateMs = NOON + 5 * MINUTE_MS
  cooldowns.refused(chargeOf('other'), lateMs)
  t.equal(cooldowns.read(LIMIT, 'offender', lateMs), 5 * MINUTE_MS)
  t.equal(cooldowns.shut([chargeOf('offender')], NOON + 10 * MINUTE_MS), -1)
  cooldowns.refused(chargeOf('offender'), NOON + 10 * MINUTE_MS)
  t.equal(cooldowns.shut([chargeOf('offender')], NOON + 10 * MINUTE_MS), -1, 'counts from nought again')
})

t.test('a limit without cooldown leaves no trace', async (t) => {
  const cooldowns = new Cooldowns()
  cooldowns.refused(chargeOf('a', limitWith('plain', [])), NOON)
  t.equal(cooldowns.size, 0)
  t.equal(cooldowns.shut([chargeOf('a')], NOON), -1)
})

t.test('V72 the buckets of others are not given up for refused ones', async (t) => {
  const counters = new MemoryCounters({ maxBuckets: 100, maxCooldowns: 10 })
  const wide = limitWith('wide', [sliding(10, MINUTE_MS)])
  counters.charge([chargeOf('victim', wide)], NOON)
  for (let i = 0; i < 50; i++) {
    for (let n = 0; n < 20; n++) counters.charge([chargeOf(`attacker|${i}`)], NOON)
  }
  t.match(counters.read(wide, 'victim', NOON), { remaining: 9 })
  t.match(counters.stats(), { buckets: 51, evictions: 0 })
})

t.test('a refusal in a shut bucket opens no bucket and changes nothing', async (t) => {
  const counters = new MemoryCounters()
  for (let i = 0; i < 3; i++) counters.charge([chargeOf('a')], NOON)
  const before = counters.stats()
  const other = limitWith('other', [sliding(5, MINUTE_MS)])
  for (let i = 0; i < 100; i++) {
    t.match(counters.charge([chargeOf(`new|${i}`, other), chargeOf('a')], NOON), { cause: 'cooldown' })
  }
  t.strictSame(counters.stats(), before)
})
