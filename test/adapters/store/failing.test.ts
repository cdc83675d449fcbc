import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { daily, fileIn, monthly, openScene, rowsIn } from './scene.ts'

t.test('a failure is told once, and its end once', async (t) => {
  const path = fileIn(t)
  const { charge, problems, store } = await openScene(t, path)
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  charge(daily)
  for (let i = 0; i < 3; i++) await store.flush()
  t.strictSame(problems, ['it is locked by another program'])
  t.match(store.state(), { problem: 'it is locked by another program', unwritten: 1 })
  other.close()
  await store.flush()
  await store.flush()
  t.strictSame(problems, ['it is locked by another program', null])
  t.strictSame(store.state(), { problem: null, unwritten: 0, lost: 0 })
})

t.test('what was counted, cleared and evicted while it failed is right afterwards', async (t) => {
  const path = fileIn(t)
  const { charge, counters, store } = await openScene(t, path, { maxBuckets: 4 })
  charge(monthly, 'cleared', 3)
  charge(monthly, 'both', 3)
  await store.flush()
  const other = new DatabaseSync(path)
  other.exec('BEGIN EXCLUSIVE')
  counters.reset('cleared')
  for (let round = 0; round < 3; round++) {
    charge(monthly, 'both', 2)
    for (let i = 0; i < 20; i++) charge(monthly, `crowd|${i}`)
    await store.flush()
  }
  other.close()
  while (store.state().unwritten > 0) await store.flush()
  const counts = new Map(rowsIn(path).map(({ bucket, count }) => [bucket, count]))
  t.equal(counts.size, 21)
  t.equal(counts.get('both'), 9)
  t.strictSame(
    Array.from({ length: 20 }, (_, i) => counts.get(`crowd|${i}`)),
    Array(20).fill(3),
  )
})

t.test('it begins to fail in the middle: no slice is lost', async (t) => {
  const path = fileIn(t)
  const { charge, store } = await openScene(t, path, { maxBuckets: 5000 })
  for (let i = 0; i < 3000; i++) charge(monthly, `plan|${i}`)
  const pages = Object.values(store.database.prepare('PRAGMA page_count').get() ?? {})[0] as number
  store.database.exec(`PRAGMA max_page_count = ${pages + 30}`)
  await store.flush()
  t.equal(store.state().problem, 'the disk or the database is full')
  const written = rowsIn(path).length
  t.ok(written > 0 && written < 3000, `${written} rows`)
  store.database.exec('PRAGMA max_page_count = 100000')
  await store.flush()
  t.equal(rowsIn(path).length, 3000)
})

t.test(
  'counts that are evicted while nothing can be written are bounded, and missed ones counted',
  async (t) => {
    const path = fileIn(t)
    const { charge, store } = await openScene(t, path, { maxBuckets: 10 })
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    for (let i = 0; i < 15_010; i++) charge(monthly, `plan|${i}`)
    t.match(store.state(), { unwritten: 10_010, lost: 5000 })
    other.close()
  },
)

t.test('charges come in while slices are written', async (t) => {
  const path = fileIn(t)
  const { charge, store } = await openScene(t, path, { maxBuckets: 5000 })
  for (let i = 0; i < 3000; i++) charge(monthly, `plan|${i}`)
  let isOver = false
  const writing = store.flush().then(() => {
    isOver = true
  })
  let rounds = 0
  while (!isOver && rounds < 3) {
    await new Promise((resolve) => setImmediate(resolve))
    for (let i = 0; i < 3000; i += 100) charge(monthly, `plan|${i}`)
    rounds += 1
  }
  t.equal(rounds, 3, 'requests had their turns')
  await writing
  await store.flush()
  const counts = rowsIn(path).map(({ count }) => count as number)
  t.equal(
    counts.reduce((a, b) => a + b),
    3000 + 3 * 30,
  )
})

t.test('closing while slices are written loses nothing that came meanwhile', async (t) => {
  const path = fileIn(t)
  const { charge, store } = await openScene(t, path, { maxBuckets: 5000 })
  for (let i = 0; i < 1200; i++) charge(monthly, `plan|${i}`)
  void store.flush()
  await new Promise((resolve) => setImmediate(resolve))
  for (let i = 0; i < 1200; i++) charge(monthly, `plan|${i}`)
  await store.close()
  t.ok(rowsIn(path).every(({ count }) => count === 2))
})
