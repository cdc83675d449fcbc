import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import t from 'tap'
import { bucketKey } from '../../../src/core/limits.ts'
import { calendar, DAY_MS, limitWith, sliding } from '../counters-contract/tools.ts'
import { daily, fileIn, monthly, NOON, openScene, rowsIn } from './scene.ts'

const both = limitWith('plan', [sliding(100, 1000), calendar(10, 'day'), calendar(20, 'month')])

t.test('counts go on after a restart, those of the day and those of the month', async (t) => {
  const path = fileIn(t)
  const before = await openScene(t, path)
  for (let i = 0; i < 7; i++) before.charge(both)
  await before.store.close()
  const after = await openScene(t, path)
  t.equal(after.left(both), 3)
  for (let i = 0; i < 3; i++) t.equal(after.charge(both).refused, -1)
  t.match(after.charge(both), { refused: 0, retryAfterMs: DAY_MS / 2 })
  after.clock.nowMs += DAY_MS
  t.equal(after.left(both), 10, 'a new day')
  after.charge(both, undefined, 10)
  after.clock.nowMs += DAY_MS
  t.equal(after.left(both), 0, 'of the same month')
})

t.test('S12 what was told of a quota is not told again after a restart', async (t) => {
  const path = fileIn(t)
  const before = await openScene(t, path)
  t.strictSame(before.charge(monthly, undefined, 5).warnings, ['plan:50'])
  await before.store.close()
  t.strictSame((await openScene(t, path)).charge(monthly).warnings, [])
})

t.test('only quotas are written, and only what has changed', async (t) => {
  const path = fileIn(t)
  const { charge, store } = await openScene(t, path)
  charge(limitWith('rate', [sliding(5, 1000)]), 'rate|1:a')
  t.equal(store.state().unwritten, 0)
  for (let i = 0; i < 5; i++) charge(both)
  t.equal(store.state().unwritten, 1)
  await store.flush()
  t.equal(store.state().unwritten, 0)
  t.match(rowsIn(path), [
    { bucket: 'plan|1:a', unit: 'day', count: 5 },
    { unit: 'month', count: 5 },
  ])
})

t.test('what is written behind comes without being asked for', async (t) => {
  const path = fileIn(t)
  const { charge, store } = await openScene(t, path)
  charge(daily)
  while (store.state().unwritten > 0) await new Promise((resolve) => setTimeout(resolve, 10))
  t.match(rowsIn(path), [{ count: 1 }])
})

t.test('what was given back or cleared is given back and cleared in the store', async (t) => {
  const path = fileIn(t)
  const { charge, counters, store } = await openScene(t, path)
  charge(daily, 'back', 5)
  charge(daily, 'cleared', 5)
  charge(daily, 'again', 5)
  await store.flush()
  counters.refund([{ limit: daily, key: 'back', cost: 2 }], NOON)
  for (const key of ['cleared', 'again']) counters.reset(key)
  charge(daily, 'again', 1)
  await store.flush()
  await store.flush()
  t.match(rowsIn(path), [
    { bucket: 'again', count: 1 },
    { bucket: 'back', count: 3 },
  ])
  t.equal(rowsIn(path).length, 2)
})

t.test('old days and months go, a batch at a time, and only they', async (t) => {
  const path = fileIn(t)
  const before = await openScene(t, path, { maxBuckets: 5000 })
  for (let i = 0; i < 1500; i++) before.charge(both, `plan|${i}`)
  await before.store.close()
  const after = await openScene(t, path, { nowMs: NOON + 2 * DAY_MS })
  after.charge(both, 'plan|now')
  for (let i = 0; i < 5; i++) await after.store.flush()
  const units = rowsIn(path).map(({ unit }) => unit)
  t.equal(units.filter((unit) => unit === 'day').length, 1)
  t.equal(units.filter((unit) => unit === 'month').length, 1501)
})

t.test('V72 a bucket that had to go is found again with its count, written already or not', async (t) => {
  const path = fileIn(t)
  const { charge, counters, store } = await openScene(t, path, { maxBuckets: 4 })
  charge(monthly, 'victim', 9)
  await store.flush()
  for (let i = 0; i < 100; i++) charge(monthly, `crowd|${i}`, 2)
  t.equal(counters.stats().buckets, 4)
  t.equal(charge(monthly, 'victim', 2).refused, 0, 'read back from the store')
  t.equal(charge(monthly, 'crowd|7', 9).refused, 0, 'not yet written')
  t.equal(charge(monthly, 'victim').refused, -1)
  while (store.state().unwritten > 0) await store.flush()
  t.strictSame(
    rowsIn(path)
      .map(({ count }) => count)
      .sort(),
    [10, ...Array(100).fill(2)].sort(),
  )
  t.equal(store.state().lost, 0)
})

t.test('of more buckets than are loaded, the fullest are; others are found when they come', async (t) => {
  const path = fileIn(t)
  const before = await openScene(t, path)
  for (let i = 0; i < 10; i++) before.charge(both, `plan|${i}`, i + 1)
  await before.store.close()
  const { charge, counters } = await openScene(t, path, { maxLoaded: 3 })
  t.equal(counters.stats().buckets, 3)
  t.match(
    ['plan|7', 'plan|8', 'plan|9'].map((key) => charge(both, key, 3).refused),
    [0, 0, 0],
  )
  t.equal(charge(both, 'plan|6', 3).refused, -1)
  t.equal(charge(both, 'plan|6').refused, 0)
  t.equal(counters.stats().buckets, 4)
})

t.test('a bucket that was cleared is not found again, although the store still has it', async (t) => {
  const path = fileIn(t)
  const { charge, counters, store } = await openScene(t, path, { maxBuckets: 2 })
  charge(monthly, 'a', 9)
  await store.flush()
  for (let i = 0; i < 10; i++) charge(monthly, `crowd|${i}`)
  counters.reset('a')
  t.equal(charge(monthly, 'a', 9).refused, -1)
})

t.test('of many buckets that were cleared at once, what was counted since stays', async (t) => {
  const path = fileIn(t)
  const { charge, counters, store } = await openScene(t, path, { maxBuckets: 2000 })
  const keys = Array.from({ length: 1200 }, (_, i) => `plan|${i}`)
  for (const key of keys) charge(monthly, key, 5)
  await store.flush()
  for (const key of keys) counters.reset(key)
  for (const key of keys) charge(monthly, key)
  while (store.state().unwritten > 0) await store.flush()
  t.strictSame(
    rowsIn(path).map(({ count }) => count),
    keys.map(() => 1),
  )
})

t.test('no two keys share a row, whatever they hold', async (t) => {
  const path = fileIn(t)
  const { charge, store } = await openScene(t, path, { maxBuckets: 10_000 })
  const odd = [
    '\0',
    'a\0',
    '\ud800',
    '\udfff',
    '\ufffd',
    '\\u0000',
    '"',
    '\\',
    '😀',
    "'; drop table quotas; --",
    '',
  ]
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...odd), fc.string())
  const values = fc.sample(fc.uniqueArray(text, { minLength: 50, maxLength: 50 }), 20).flat()
  const keys = [...new Set([...odd, ...values].map((value) => bucketKey('plan', [value])))]
  for (const [i, key] of keys.entries()) charge(monthly, key, 1 + (i % 10))
  await store.close()
  t.equal(rowsIn(path).length, keys.length)
  const wanted = keys.map((_, i) => 9 - (i % 10))
  const loaded = await openScene(t, path, { maxBuckets: 10_000, maxLoaded: 10_000 })
  t.strictSame(
    keys.map((key) => loaded.left(monthly, key)),
    wanted,
  )
  await loaded.store.close()
  const { charge: seek, left } = await openScene(t, path, { maxBuckets: 10_000, maxLoaded: 1 })
  for (const key of keys) seek(monthly, key, 11)
  t.strictSame(
    keys.map((key) => left(monthly, key)),
    wanted,
    'looked up one by one',
  )
})

t.test('rows that no gate has written are passed over', async (t) => {
  const path = fileIn(t)
  const before = await openScene(t, path)
  before.charge(monthly, 'good', 4)
  await before.store.close()
  const database = new DatabaseSync(path)
  const month = rowsIn(path)[0]?.unit_id as number
  const insert = database.prepare('insert into quotas values (?, ?, ?, ?, ?)')
  insert.run('negative', 'month', month, -5, 0)
  insert.run('huge', 'month', month, 2 ** 40, 0)
  insert.run('text', 'month', month, 'many', 0)
  insert.run('real', 'month', month, 1.5, 0)
  insert.run('no "string', 'month', month, 5, 0)
  insert.run('unit', 'year', month, 5, 0)
  insert.run(new Uint8Array([1]), 'month', month, 5, 0)
  database.close()
  const { counters, left } = await openScene(t, path)
  t.equal(counters.stats().buckets, 1)
  t.equal(left(monthly, 'good'), 6)
})
