import t from 'tap'
import { Calls } from '../../../src/adapters/fallback/calls.ts'

const DEADLINE_MS = 50

t.test('an answer that comes too late takes nobody else along', async (t) => {
  const calls = new Calls({ deadlineMs: DEADLINE_MS, maxPending: 1 })
  t.teardown(() => calls.close())
  const late = Promise.withResolvers<string>()
  t.equal(await calls.within(late.promise, () => 'expired'), 'expired')
  const never = new Promise<string>(() => undefined)
  const waiting = calls.within(never, () => 'expired')
  late.resolve('late')
  await late.promise
  t.ok(calls.isFull, 'the one that waits is counted still')
  t.equal(await waiting, 'expired', 'and its time ends')
})

t.test('calls that end in any order leave the list as it should be', async (t) => {
  const calls = new Calls({ deadlineMs: DEADLINE_MS, maxPending: 3 })
  t.teardown(() => calls.close())
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
    [1, 2, 0],
  ]) {
    const made = order.map(() => Promise.withResolvers<number>())
    const told = made.map(({ promise }) => calls.within(promise, () => -1))
    t.ok(calls.isFull)
    for (const i of order.slice(0, 2)) made[i]?.resolve(i)
    const last = order[2] as number
    t.strictSame(
      await Promise.all(told),
      [0, 1, 2].map((i) => (i === last ? -1 : i)),
    )
    t.notOk(calls.isFull)
  }
})
