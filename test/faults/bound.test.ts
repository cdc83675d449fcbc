import t from 'tap'
import { boundOf, excesses, type Span } from './bound.ts'
import { awayIn } from './gates.ts'
import { type FaultRoute, ROUTES } from './routes.ts'

const routeOf = (name: string): FaultRoute => ROUTES.find((route) => route.name === name) as FaultRoute
const [local, allow, deny, leased] = ['local', 'allow', 'deny', 'leased'].map(routeOf) as [
  FaultRoute,
  FaultRoute,
  FaultRoute,
  FaultRoute,
]
const WINDOW = { kind: 'sliding', max: 20, windowMs: 1000 } as const
const NOW = 1_000_000
const within: Span = [NOW, NOW + 1000]
const calm = { losses: [], away: [] }
const lost = { losses: [[NOW + 100, NOW + 200] as const], away: [] }
const gone = { losses: [], away: [[NOW + 900, NOW + 5000] as const] }
const before = { losses: [[NOW - 100, NOW - 50] as const], away: [[NOW - 100, NOW - 50] as const] }

/** So many requests, one each millisecond, each answered within one. */
const passing = (count: number): Span[] => Array.from({ length: count }, (_, i) => [NOW + i, NOW + i + 1])

t.test('the bound is the limit; again for each loss, and the shares while Redis is away', async (t) => {
  for (const history of [calm, before]) {
    t.strictSame(
      [local, allow, deny].map((route) => boundOf(route, WINDOW, within, history)),
      [20, 20, 20],
    )
  }
  t.strictSame(
    [local, allow, deny].map((route) => boundOf(route, WINDOW, within, lost)),
    [40, 40, 40],
  )
  t.strictSame(
    [local, allow, deny].map((route) => boundOf(route, WINDOW, within, gone)),
    [40, null, 20],
  )
  const { max } = leased.windows[0] ?? { max: 0 }
  t.equal(boundOf(leased, { ...WINDOW, max }, within, calm), max + leased.overshoot)
})

t.test('one more than that is found, and said', async (t) => {
  t.strictSame(excesses(deny, passing(20), calm), { found: [], fullest: { passed: 20, most: 20 } })
  const { found, fullest } = excesses(deny, passing(21), calm)
  t.strictSame(found, [{ route: 'deny', windowMs: 1000, fromMs: NOW, passed: 21, most: 20 }])
  t.strictSame(fullest, { passed: 21, most: 20 })
  t.strictSame(excesses(deny, passing(21), lost).found, [])
  t.strictSame(excesses(local, passing(40), gone).found, [])
  t.equal(excesses(local, passing(41), gone).found.length, 1)
})

t.test('what may have been charged in another window is not held against this one', async (t) => {
  const late = passing(21).map(([sentMs], i): Span => [sentMs, i === 20 ? NOW + 1000 : NOW + 999])
  t.strictSame(excesses(deny, late, calm).found, [])
})

t.test('a gate tells in its log when it did without Redis', async (t) => {
  const line = (seconds: number, msg: string): string =>
    JSON.stringify({ level: 'info', time: new Date(seconds * 1000).toISOString(), msg })
  const log = [
    line(1, 'serving'),
    line(2, 'shared store given up: limits do what on_store_error says'),
    line(4, 'shared store is in use again'),
    line(9, 'shared store given up: limits do what on_store_error says'),
    '',
  ].join('\n')
  t.strictSame(awayIn(log), [
    [2000, 5000],
    [9000, Number.POSITIVE_INFINITY],
  ])
})
