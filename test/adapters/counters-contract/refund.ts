import type { Test } from 'tap'
import {
  calendar,
  chargesOf,
  chargingOf,
  DAY_MS,
  limitWith,
  type MakeCounters,
  NOON,
  sliding,
  takenOf,
} from './tools.ts'

export function refundContract(t: Test, make: MakeCounters): void {
  t.test('a refund gives back what was taken', async (t) => {
    const [charge, counters] = await chargingOf(make)
    const limit = limitWith('a', [sliding(5, 1000), calendar(5, 'day')])
    await charge([limit], NOON, 2)
    await charge([limit], NOON + 900, 3)
    counters.refund(chargesOf([limit], 3), NOON + 900)
    t.same(await counters.read(limit, 'a', NOON + 900), {
      remaining: 3,
      resetMs: DAY_MS / 2 - 900,
      window: 1,
    })
    t.equal(await takenOf(charge, limit, NOON + 950, 9), 3)
  })

  t.test('a bucket that got everything back has nothing to wait for', async (t) => {
    const [charge, counters] = await chargingOf(make)
    const limit = limitWith('a', [sliding(5, 1000)])
    await charge([limit], NOON)
    counters.refund(chargesOf([limit], 1), NOON)
    t.same(await counters.read(limit, 'a', NOON + 1), { remaining: 5, resetMs: 0, window: 0 })
  })

  t.test('a refund that comes too late gives nothing', async (t) => {
    const [charge, counters] = await chargingOf(make)
    const limit = limitWith('a', [sliding(2, 1000), calendar(9, 'day')])
    await charge([limit], NOON)
    await charge([limit], NOON + DAY_MS, 2)
    counters.refund(chargesOf([limit], 1), NOON)
    t.match(await counters.read(limit, 'a', NOON + DAY_MS), { remaining: 0, window: 0 })
    t.match(await counters.read(limitWith('a', [calendar(9, 'day')]), 'a', NOON + DAY_MS), { remaining: 7 })
  })

  t.test('a refund never gives more than was taken', async (t) => {
    const [charge, counters] = await chargingOf(make)
    const limit = limitWith('a', [sliding(5, 1000), calendar(5, 'day')])
    await charge([limit], NOON)
    for (let i = 0; i < 3; i++) counters.refund(chargesOf([limit, limitWith('unknown', [])], 2), NOON)
    t.equal(await takenOf(charge, limit, NOON, 9), 5)
  })
}
