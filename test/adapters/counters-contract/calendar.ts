import type { Test } from 'tap'
import {
  calendar,
  chargesOf,
  chargingOf,
  DAY_MS,
  limitWith,
  type MakeCounters,
  NOON,
  takenOf,
} from './tools.ts'

export function calendarContract(t: Test, make: MakeCounters): void {
  t.test('a day begins at midnight UTC', async (t) => {
    const [charge] = await chargingOf(make)
    const limit = limitWith('a', [calendar(2, 'day')])
    const midnight = Date.UTC(2026, 4, 16)
    t.match(await charge([limit], midnight - 1000), { states: [{ remaining: 1, resetMs: 1000 }] })
    await charge([limit], midnight - 1)
    t.match(await charge([limit], midnight - 1), { refused: 0, retryAfterMs: 1 })
    t.equal(await takenOf(charge, limit, midnight, 5), 2)
  })

  for (const [name, last, length] of [
    ['a leap day', Date.UTC(2028, 1, 29), 29],
    ['a common February', Date.UTC(2026, 1, 28), 28],
    ['the end of a year', Date.UTC(2026, 11, 31), 31],
  ] as const) {
    t.test(`S12 a month ends after ${name}`, async (t) => {
      const [charge] = await chargingOf(make)
      const limit = limitWith('a', [calendar(1, 'month')])
      const first = last - (length - 1) * DAY_MS
      t.match(await charge([limit], first), { refused: -1, states: [{ resetMs: length * DAY_MS }] })
      t.match(await charge([limit], last + DAY_MS - 1), { refused: 0, retryAfterMs: 1 })
      t.equal((await charge([limit], last + DAY_MS)).refused, -1)
    })
  }

  t.test('S12 a clock that wavers about midnight grants one quota, not one per turn', async (t) => {
    const [charge] = await chargingOf(make)
    const limit = limitWith('a', [calendar(10, 'day')])
    const midnight = Date.UTC(2026, 4, 16)
    let taken = await takenOf(charge, limit, midnight + 1, 20)
    for (let i = 0; i < 20; i++) taken += await takenOf(charge, limit, midnight + (i % 2 ? 1 : -1), 20)
    t.equal(taken, 10)
  })

  t.test('S12 a clock that wavers about the end of a month waits for the end of the later one', async (t) => {
    const [charge] = await chargingOf(make)
    const limit = limitWith('a', [calendar(1, 'month')])
    const [june, july] = [Date.UTC(2026, 5, 1), Date.UTC(2026, 6, 1)]
    await charge([limit], june)
    t.match(await charge([limit], june - 1000), { refused: 0, retryAfterMs: july - june + 1000 })
  })

  t.test('S12 a clock set right from next week keeps the count, and ends with the right day', async (t) => {
    const [charge] = await chargingOf(make)
    const limit = limitWith('a', [calendar(3, 'day')])
    await takenOf(charge, limit, NOON + 7 * DAY_MS, 2)
    t.equal(await takenOf(charge, limit, NOON, 5), 1)
    t.equal(await takenOf(charge, limit, NOON + DAY_MS, 5), 3)
  })

  t.test('each share of a quota is told of once a day', async (t) => {
    const [charge] = await chargingOf(make)
    const limit = limitWith('plan', [calendar(10, 'day')], [0.8, 1])
    const told: string[][] = []
    for (let i = 0; i < 11; i++) told.push([...(await charge([limit], NOON)).warnings])
    t.strictSame(told, [[], [], [], [], [], [], [], ['plan:80'], [], ['plan:100'], []])
    t.strictSame((await charge([limit], NOON + DAY_MS, 9)).warnings, ['plan:80'])
  })

  t.test('a share that was given back and reached again is not told of twice', async (t) => {
    const [charge, counters] = await chargingOf(make)
    const limit = limitWith('plan', [calendar(100, 'month')], [0.07])
    t.strictSame((await charge([limit], NOON, 6)).warnings, [])
    t.strictSame((await charge([limit], NOON)).warnings, ['plan:7'])
    counters.refund(chargesOf([limit], 1), NOON)
    t.strictSame((await charge([limit], NOON)).warnings, [])
  })
}
