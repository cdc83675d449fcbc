import fc from 'fast-check'
import t from 'tap'
import { roundOrder, type Sample } from '../../bench/measure.ts'
import { passed } from '../../bench/result.ts'
import { type Bar, chainBars, ratio, rowOf, spread, verdict } from '../../bench/stats.ts'

function sample(id: string, round: number, cpuMicros: number, failures = 0): Sample {
  const rest = { requestsPerSecond: 10_000, p50Ms: 1, p99Ms: 2, rssMb: 80, requests: 100 }
  return { id, round, cpuMicros, failures, ...rest }
}

const bar = (median: number, max: number, kind: Bar['kind'] = 'bar'): Bar => {
  return { name: 'x', value: { median, low: 0, high: 9 }, max, unit: '×', kind }
}

t.test('the median of an odd and of an even number of values', async (t) => {
  t.strictSame(spread([9, 1, 10]), { median: 9, low: 1, high: 10 })
  t.strictSame(spread([4, 1, 10, 2]), { median: 3, low: 1, high: 10 })
  t.throws(() => spread([]), RangeError)
})

t.test('the median lies between the lowest and the highest', async () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: 0, max: 1e6 }), { minLength: 1 }), (values) => {
      const { low, median, high } = spread(values)
      return low <= median && median <= high && values.includes(low) && values.includes(high)
    }),
  )
})

t.test('ratios are taken within a round, not between medians', async (t) => {
  const samples = [sample('a', 0, 10), sample('b', 0, 10), sample('a', 1, 40), sample('b', 1, 20)]
  t.strictSame(ratio([...samples, sample('a', 2, 90), sample('b', 2, 30)], 'a', 'b'), {
    median: 2,
    low: 1,
    high: 3,
  })
})

t.test('a ratio to what was not measured is none', async (t) => {
  t.equal(ratio([sample('a', 0, 10)], 'a', 'b'), null)
  t.equal(ratio([sample('a', 0, 10), sample('b', 1, 10)], 'a', 'b'), null)
})

t.test('a row sums failures and keeps to its contender', async (t) => {
  const row = rowOf('a', 'A', [sample('a', 0, 10, 1), sample('a', 1, 20, 2), sample('b', 0, 99, 5)])
  t.strictSame(row.cpuMicros, { median: 15, low: 10, high: 20 })
  t.equal(row.failures, 3)
})

t.test('the bars of the design are 1.0 and 0.5, and 0.75 is an aim', async (t) => {
  const bars = chainBars([
    sample('sallyport', 0, 8),
    sample('http-proxy', 0, 10),
    sample('plugin-stack', 0, 15),
  ])
  t.strictSame(
    bars.map(({ value, max, kind }) => [value?.median.toFixed(2), max, kind]),
    [
      ['0.80', 1, 'bar'],
      ['0.53', 0.5, 'bar'],
      ['0.80', 0.75, 'aim'],
    ],
  )
  t.strictSame(bars.map(verdict), ['held', 'broken', 'broken'])
})

t.test('a bar is held at its very value, and no number breaks it', async (t) => {
  t.equal(verdict(bar(1, 1)), 'held')
  t.equal(verdict(bar(1.001, 1)), 'broken')
  t.equal(verdict(bar(Number.NaN, 1)), 'broken')
  t.equal(verdict({ ...bar(1, 1), value: null }), 'not judged')
})

t.test(
  'a run fails on a broken bar, a broken contender, a failed request; not on a missed aim',
  async (t) => {
    const good = { rows: [], bars: [bar(1, 1)], notes: [], skipped: [] }
    t.ok(passed(good))
    t.ok(passed({ ...good, bars: [bar(2, 1, 'aim')] }))
    t.ok(passed({ ...good, skipped: [{ id: 'nginx', why: 'not here', kind: 'absent' }] }))
    t.notOk(passed({ ...good, bars: [bar(2, 1)] }))
    t.notOk(passed({ ...good, skipped: [{ id: 'nginx', why: 'died', kind: 'broken' }] }))
    t.notOk(passed({ ...good, rows: [rowOf('a', 'A', [sample('a', 0, 1, 1)])] }))
  },
)

t.test('every round holds every contender once, in another order', async (t) => {
  const list = ['a', 'b', 'c', 'd']
  const rounds = [0, 1, 2, 3].map((round) => roundOrder(list, round).join(''))
  t.equal(new Set(rounds).size, 4)
  for (const round of rounds) t.equal([...round].sort().join(''), 'abcd')
})
