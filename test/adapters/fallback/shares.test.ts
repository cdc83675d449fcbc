import t from 'tap'
import { Shares } from '../../../src/adapters/fallback/shares.ts'
import type { Limit } from '../../../src/core/limits.ts'
import { limitWith, sliding } from '../counters-contract/tools.ts'

const limit = limitWith('all', [sliding(9, 1000), sliding(100, 60_000)])
const maxOf = ({ windows }: Limit): number[] => windows.map(({ max }) => max)

t.test('a share is a part of each window, and never less than one request costs', async (t) => {
  const shares = new Shares(() => 4)
  t.strictSame(maxOf(shares.limitOf(limit, 1)), [2, 25])
  t.strictSame(maxOf(shares.limitOf(limit, 5)), [5, 25])
  t.strictSame(maxOf(shares.limitOf(limit, 50)), [9, 50])
})

t.test('routes with different costs take turns without having it worked out anew', async (t) => {
  const shares = new Shares(() => 4)
  const [one, five] = [shares.limitOf(limit, 1), shares.limitOf(limit, 5)]
  t.equal(shares.limitOf(limit, 1), one)
  t.equal(shares.limitOf(limit, 5), five)
})

t.test('the number of replicas counts at the time of the request', async (t) => {
  let replicas = 4
  const shares = new Shares(() => replicas)
  shares.limitOf(limit, 1)
  replicas = 2
  t.strictSame(maxOf(shares.limitOf(limit, 1)), [4, 50])
  replicas = 0
  t.equal(shares.limitOf(limit, 1), limit)
})
