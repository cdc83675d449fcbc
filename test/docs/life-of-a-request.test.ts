import t from 'tap'
import { BACK, FRONT } from '../../src/policies/order.ts'
import { blocksOf, readText, rowsUnder } from './markdown.ts'

const text = readText('docs/life-of-a-request.md')
const chart = blocksOf(text).find(({ language }) => language === 'mermaid')?.lines ?? []

/** The chart's nodes between two of them, along its solid arrows. */
function between(from: string, to: string): string[] {
  const edges = chart.flatMap((line) => {
    const [, start, end] = /^\s*(\w+)(?:\W.*)? --> (\w+)/.exec(line) ?? []
    return start === undefined || end === undefined ? [] : [[start, end] as const]
  })
  const next = new Map(edges)
  const path: string[] = []
  for (let node = next.get(from); node !== undefined && node !== to; node = next.get(node)) {
    if (path.includes(node)) break
    path.push(node)
  }
  return path
}

t.test('the chart asks in the order of order.ts', async (t) => {
  t.strictSame(between('match', 'identity').concat('identity'), FRONT)
})

t.test('the chart wraps in the order of order.ts', async (t) => {
  t.strictSame(between('permit', 'api'), BACK)
})

t.test('the chart goes from the client to the API', async (t) => {
  t.strictSame(between('client', 'api'), ['door', 'facts', 'match', ...FRONT, 'permit', ...BACK])
})

t.test('the tables tell of every slot, in the same order', async (t) => {
  const slots = (heading: string) => rowsUnder(text, heading).map(([slot]) => slot)
  t.strictSame(slots('The questions'), FRONT)
  t.strictSame(slots('To the API'), BACK)
})
