import type { Test } from 'tap'
import {
  calendar,
  chargingOf,
  DAY_MS,
  limitWith,
  type MakeCounters,
  NOON,
  sliding,
  takenOf,
} from './tools.ts'

export function slidingContract(t: Test, make: MakeCounters): void {
  t.test('V73 200 at once at a limit of 100: exactly 100', async (t) => {
    const [charge] = await chargingOf(make)
    t.equal(await takenOf(charge, limitWith('a', [sliding(100, 60_000)]), NOON, 200), 100)
  })

  t.test('V73 no second helping at the edge of a minute', async (t) => {
    const [charge] = await chargingOf(make)
    const limit = limitWith('a', [sliding(100, 60_000)])
    t.equal(await takenOf(charge, limit, NOON - 1, 100), 100)
    t.equal(await takenOf(charge, limit, NOON + 1, 100), 0)
    t.equal(await takenOf(charge, limit, NOON + 59_998, 100), 0)
    t.equal(await takenOf(charge, limit, NOON + 59_999, 200), 100)
  })

  t.test('a refusal tells how long to wait, and it is enough', async (t) => {
    const [charge] = await chargingOf(make)
    const limit = limitWith('a', [sliding(1, 1000)])
    await charge([limit], NOON)
    const result = await charge([limit], NOON + 400)
    t.match(result, { refused: 0, retryAfterMs: 600, states: [{ remaining: 0, resetMs: 600, window: 0 }] })
    t.equal((await charge([limit], NOON + 999)).refused, 0)
    t.equal((await charge([limit], NOON + 1000)).refused, -1)
  })

  t.test('a burst is a window of its own, and the tightest is told', async (t) => {
    const [charge] = await chargingOf(make)
    const limit = limitWith('a', [sliding(60, 60_000), sliding(2, 1000)])
    t.match(await charge([limit], NOON), { states: [{ remaining: 1, window: 1 }] })
    await charge([limit], NOON)
    t.match(await charge([limit], NOON), { refused: 0, retryAfterMs: 1000, states: [{ window: 1 }] })
  })

  t.test('of windows with the same left, the one that takes longer is told', async (t) => {
    const [charge] = await chargingOf(make)
    const limit = limitWith('a', [sliding(5, 1000), sliding(5, 60_000)])
    t.match(await charge([limit], NOON), { states: [{ remaining: 4, window: 1, resetMs: 60_000 }] })
  })

  t.test(
    'a clock that is set back forgets nothing and keeps nobody waiting longer than a window',
    async (t) => {
      const [charge] = await chargingOf(make)
      const limit = limitWith('a', [sliding(3, 60_000)])
      await takenOf(charge, limit, NOON, 3)
      const back = NOON - 2 * 3_600_000
      const result = await charge([limit], back)
      t.match(result, { refused: 0, retryAfterMs: 60_000, states: [{ resetMs: 60_000 }] })
      t.equal(await takenOf(charge, limit, back + 60_000, 5), 3)
    },
  )

  t.test('a clock that wavers by milliseconds gives nothing away', async (t) => {
    const [charge] = await chargingOf(make)
    const limit = limitWith('a', [sliding(3, 1000)])
    await takenOf(charge, limit, NOON, 2)
    t.match(await charge([limit], NOON - 500), { refused: -1, states: [{ remaining: 0, resetMs: 1000 }] })
    t.match(await charge([limit], NOON - 500), { refused: 0, retryAfterMs: 1500 })
    t.equal((await charge([limit], NOON + 1000)).refused, -1)
  })

  t.test('a cost that never fits is refused with a wait', async (t) => {
    const [charge] = await chargingOf(make)
    const limit = limitWith('a', [sliding(3, 1000)])
    t.match(await charge([limit], NOON, 4), { refused: 0, retryAfterMs: 1000, states: [{ remaining: 3 }] })
    await charge([limit], NOON)
    t.match(await charge([limit], NOON, 4), { refused: 0, retryAfterMs: 1000, states: [{ remaining: 2 }] })
    const daily = limitWith('b', [calendar(3, 'day')])
    t.match(await charge([daily], NOON, 4), { refused: 0, retryAfterMs: DAY_MS / 2 })
  })
}
