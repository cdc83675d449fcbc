import type { Test } from 'tap'
import { calendarContract } from './counters-contract/calendar.ts'
import { cooldownContract } from './counters-contract/cooldown.ts'
import { propertiesContract } from './counters-contract/properties.ts'
import { refundContract } from './counters-contract/refund.ts'
import { slidingContract } from './counters-contract/sliding.ts'
import {
  calendar,
  chargingOf,
  DAY_MS,
  limitWith,
  type MakeCounters,
  NOON,
  sliding,
  takenOf,
} from './counters-contract/tools.ts'
import { unitsContract } from './counters-contract/units.ts'

/** The one test of all stores: the same charges have the same outcome wherever they are counted. */
export function countersContract(t: Test, make: MakeCounters): void {
  slidingContract(t, make)
  calendarContract(t, make)
  unitsContract(t, make)
  chargeContract(t, make)
  refundContract(t, make)
  reloadContract(t, make)
  cooldownContract(t, make)
  propertiesContract(t, make)
}

function chargeContract(t: Test, make: MakeCounters): void {
  t.test('when one charge is refused, none is taken', async (t) => {
    const [charge, counters] = await chargingOf(make)
    const [wide, narrow] = [limitWith('wide', [sliding(10, 1000)]), limitWith('narrow', [sliding(1, 1000)])]
    await charge([wide, narrow], NOON)
    const result = await charge([wide, narrow], NOON)
    t.match(result, { refused: 1, states: [{ remaining: 9 }, { remaining: 0 }] })
    t.match(await counters.read(wide, 'wide', NOON), { remaining: 9 })
  })

  t.test('of two that refuse, the longer wait is told, by its window', async (t) => {
    const [charge] = await chargingOf(make)
    const quota = limitWith('quota', [calendar(1, 'day'), sliding(1, 2000)])
    const rate = limitWith('rate', [sliding(1, 1000)])
    await charge([rate, quota], NOON)
    const result = await charge([rate, quota], NOON)
    t.match(result, { refused: 1, retryAfterMs: DAY_MS / 2, states: [{}, { window: 0 }] })
  })

  t.test('two charges of one request to one bucket count together', async (t) => {
    const [charge] = await chargingOf(make)
    const limit = limitWith('a', [sliding(3, 1000)])
    t.match(await charge([limit, limit], NOON), { refused: -1, states: [{ remaining: 2 }, { remaining: 1 }] })
    t.match(await charge([limit, limit], NOON), { refused: 1, retryAfterMs: 1000 })
    t.equal((await charge([limit], NOON)).refused, -1)
  })

  t.test('reading changes nothing, whatever time it is asked about', async (t) => {
    const [charge, counters] = await chargingOf(make)
    const limit = limitWith('a', [sliding(2, 1000), calendar(9, 'day')])
    t.same(await counters.read(limit, 'a', NOON), { remaining: 2, resetMs: 0, window: 0 })
    await charge([limit], NOON)
    for (const atMs of [NOON + DAY_MS, NOON - DAY_MS, NOON]) await counters.read(limit, 'a', atMs)
    t.same(await counters.read(limit, 'a', NOON), { remaining: 1, resetMs: 1000, window: 0 })
    t.match(await counters.read(limit, 'a', NOON + DAY_MS), { remaining: 2 })
    t.equal(await takenOf(charge, limit, NOON, 5), 1)
  })

  t.test('a limit without windows lets everything through', async (t) => {
    const [charge] = await chargingOf(make)
    const [none, some] = [limitWith('none', []), limitWith('some', [sliding(2, 1000)])]
    for (let i = 0; i < 3; i++) t.equal((await charge([none], NOON, 9)).refused, -1)
    t.match(await charge([none, some], NOON), { refused: -1, states: [{}, { remaining: 1 }] })
  })

  t.test('a cost that is no positive integer is a mistake', async (t) => {
    const [charge] = await chargingOf(make)
    for (const cost of [0, -1, 1.5, Number.NaN]) {
      await t.rejects(charge([limitWith('a', [sliding(2, 1000)])], NOON, cost), RangeError)
    }
  })
}

function reloadContract(t: Test, make: MakeCounters): void {
  t.test('a changed max or window judges what was counted before', async (t) => {
    const [charge] = await chargingOf(make)
    await takenOf(charge, limitWith('a', [sliding(5, 60_000)]), NOON, 5)
    t.equal(await takenOf(charge, limitWith('a', [sliding(8, 60_000)]), NOON + 1000, 9), 3)
    t.match(await charge([limitWith('a', [sliding(2, 60_000)])], NOON + 1000), {
      refused: 0,
      retryAfterMs: 60_000,
      states: [{ remaining: 0 }],
    })
    t.equal(await takenOf(charge, limitWith('a', [sliding(5, 500)]), NOON + 1500, 9), 5)
  })

  t.test('a quota is found again when a burst comes before it', async (t) => {
    const [charge] = await chargingOf(make)
    await takenOf(charge, limitWith('a', [sliding(9, 60_000), calendar(6, 'month')]), NOON, 4)
    const more = limitWith('a', [sliding(9, 60_000), sliding(8, 1000), calendar(6, 'month')])
    t.equal(await takenOf(charge, more, NOON, 9), 2)
  })
}
