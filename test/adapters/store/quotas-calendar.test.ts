import t from 'tap'
import { calendar, DAY_MS, limitWith } from '../counters-contract/tools.ts'
import { daily, fileIn, NOON, openScene } from './scene.ts'

const both = limitWith('plan', [calendar(10, 'day'), calendar(20, 'month')])

for (const [name, last] of [
  ['a leap day', Date.UTC(2028, 1, 29, 23)],
  ['a common February', Date.UTC(2026, 1, 28, 23)],
  ['a year', Date.UTC(2026, 11, 31, 23)],
] as const) {
  t.test(`S12 a restart over the end of ${name} begins a new day and month`, async (t) => {
    const path = fileIn(t)
    const before = await openScene(t, path, { nowMs: last })
    before.charge(both, undefined, 10)
    await before.store.close()
    const { counters, left } = await openScene(t, path, { nowMs: last + 3_600_000 })
    t.equal(left(both), 10)
    t.equal(counters.stats().buckets, 0, 'what is over takes no room')
  })

  t.test(`S12 a restart within the month that ${name} ends goes on counting`, async (t) => {
    const path = fileIn(t)
    const before = await openScene(t, path, { nowMs: last - DAY_MS })
    before.charge(both, undefined, 10)
    await before.store.close()
    const after = await openScene(t, path, { nowMs: last })
    after.charge(both, undefined, 10)
    t.equal(after.left(both), 0)
  })
}

t.test('S12 a clock that was ahead and is set right at the restart grants no second quota', async (t) => {
  const path = fileIn(t)
  const before = await openScene(t, path, { nowMs: NOON + 7 * DAY_MS })
  before.charge(daily, undefined, 8)
  await before.store.close()
  const after = await openScene(t, path)
  t.equal(after.left(daily), 2)
  after.clock.nowMs += DAY_MS
  t.equal(after.charge(daily, undefined, 2).refused, -1, 'that day or the day it was counted for')
})

t.test('S12 a restart just before midnight, by a clock that wavers, keeps the later day', async (t) => {
  const path = fileIn(t)
  const midnight = Date.UTC(2026, 4, 16)
  const before = await openScene(t, path, { nowMs: midnight + 1 })
  before.charge(daily, undefined, 10)
  await before.store.close()
  const after = await openScene(t, path, { nowMs: midnight - 1 })
  t.equal(after.charge(daily).refused, 0)
})
