import t from 'tap'
import { RecentRecords } from '../../src/runtime/recent.ts'
import { forwarded } from '../adapters/audit-records.ts'

const idOf = (i: number): string => i.toString(16).padStart(32, '0')

t.test('the latest are found by their ids, and the ones before are forgotten', async (t) => {
  const recent = new RecentRecords(3)
  for (let i = 0; i < 5; i++) recent.record({ ...forwarded, id: idOf(i), status: 200 + i })
  t.equal(recent.size, 3)
  t.strictSame(
    [0, 1, 2, 3, 4].map((i) => recent.find(idOf(i))?.status),
    [undefined, undefined, 202, 203, 204],
  )
})

t.test('an id that comes twice is found as long as one of the two is there', async (t) => {
  const recent = new RecentRecords(2)
  for (const id of [1, 1, 2]) recent.record({ ...forwarded, id: idOf(id) })
  t.ok(recent.find(idOf(1)))
  recent.record({ ...forwarded, id: idOf(3) })
  t.notOk(recent.find(idOf(1)))
})

t.test('of a long path only the beginning is kept', async (t) => {
  const recent = new RecentRecords()
  recent.record({ ...forwarded, path: `/${'a'.repeat(8000)}` })
  t.equal(recent.find(forwarded.id)?.path?.length, 513)
})
