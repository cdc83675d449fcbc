import t from 'tap'
import { judgeRows, readTap } from '../../scripts/hostile-rows.ts'
import { PENDING, ROW_IDS } from './pending.ts'
import { filesWithRows } from './rows.ts'

const tested = new Set([...filesWithRows().values()].flatMap((ids) => [...ids]))
const pending = new Set(PENDING.map(({ id }) => id))

t.test('every row of the catalogue is in the name of a test or on the list of pending ones', async (t) => {
  t.strictSame(
    ROW_IDS.filter((id) => !tested.has(id) && !pending.has(id)),
    [],
  )
})

t.test('no row is both', async (t) => {
  t.strictSame(
    ROW_IDS.filter((id) => tested.has(id) && pending.has(id)),
    [],
  )
})

t.test('no other row is named, and each pending one once, with its reason', async (t) => {
  const known = new Set(ROW_IDS)
  t.strictSame(
    [...tested, ...pending].filter((id) => !known.has(id)),
    [],
  )
  t.equal(pending.size, PENDING.length)
  t.ok(PENDING.every(({ why }) => why !== ''))
})

const TAP = `TAP version 14
# Subtest: V01: it holds
    ok 1 - V01 inside
    1..1
ok 1 - V01: it holds # time=1.5ms

# Subtest: V02 and V03 together {
    not ok 1 - should be equal
not ok 2 - V02 and V03 together # time=2ms
  ---
  at: x
  ...
ok 3 - V04 later # SKIP not here
ok 4 - V1000 is no row
`

t.test('results are read out of what tap writes', async (t) => {
  t.strictSame(readTap(TAP), [
    { name: 'V01: it holds', ids: ['V01'], passed: true },
    { name: 'V02 and V03 together', ids: ['V02', 'V03'], passed: false },
    { name: 'V04 later', ids: ['V04'], passed: false },
  ])
})

t.test('a row fails with any of its tests, and when no test ran for it', async (t) => {
  const results = [
    { name: 'V01 a', ids: ['V01'], passed: true },
    { name: 'V01 b', ids: ['V01'], passed: true },
    { name: 'V02 a', ids: ['V02'], passed: true },
    { name: 'V02 b', ids: ['V02'], passed: false },
  ]
  const rows = judgeRows(['V01', 'V02', 'V03', 'V04'], [{ id: 'V04', why: 'later' }], results)
  t.strictSame(rows, [
    { id: 'V01', verdict: 'pass', seen: ['V01 a', 'V01 b'] },
    { id: 'V02', verdict: 'fail', seen: ['not ok: V02 b', 'V02 a'] },
    { id: 'V03', verdict: 'fail', seen: ['no test ran'] },
    { id: 'V04', verdict: 'pending', seen: ['later'] },
  ])
})
