import fc from 'fast-check'
import t from 'tap'
import { auditLine } from '../../src/adapters/audit-line.ts'
import type { Charge, Limit } from '../../src/core/limits.ts'
import { Heap } from '../../src/replay/heap.ts'
import type { AuditLine } from '../../src/replay/line.ts'
import { readLine } from '../../src/replay/line.ts'
import { type DecidedLine, DecisionOrder } from '../../src/replay/order.ts'
import { TakenPlaces } from '../../src/replay/places.ts'
import { BASIS, forwarded } from '../adapters/audit-records.ts'

function lineAt(atMs: number, seq: number, more: { during?: number; durationMs?: number } = {}): DecidedLine {
  const { during = 0, durationMs = 0 } = more
  const read = readLine(auditLine({ ...forwarded, atMs, durationMs, basis: { ...BASIS, seq, during } }))
  if (read.kind !== 'request') throw new Error(read.kind)
  const line: AuditLine = read.line
  return line as DecidedLine
}

t.test('the least comes out first', async () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const heap = new Heap<number>((a, b) => a < b)
      for (const number of numbers) heap.push(number)
      const out: number[] = []
      while (heap.size > 0) out.push(heap.pop() as number)
      return JSON.stringify(out) === JSON.stringify(numbers.toSorted((a, b) => a - b))
    }),
  )
})

function seqsOf(lines: readonly DecidedLine[]): { seqs: number[]; late: number } {
  const order = new DecisionOrder()
  const seqs: number[] = []
  const take = (line: DecidedLine | null): boolean => {
    if (line !== null) seqs.push(line.basis.seq)
    return line !== null
  }
  for (const line of lines) {
    order.push(line)
    while (take(order.next()));
  }
  while (take(order.rest()));
  return { seqs, late: order.late }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

t.test('decisions come in their order, whatever the order of the lines', async () => {
  const lines = fc
    .array(fc.nat({ max: 3 }), { maxLength: 60 })
    .map((gaps) => gaps.map((_, i) => lineAt(1_000_000 + sum(gaps.slice(0, i)), i + 1)))
    .chain((inOrder) => fc.shuffledSubarray(inOrder, { minLength: inOrder.length }))
  fc.assert(
    fc.property(lines, (shuffled) => {
      const { seqs, late } = seqsOf(shuffled)
      return late === 0 && seqs.every((seq, i) => seq === i + 1)
    }),
  )
})

t.test('a line that nobody waited for is late', async (t) => {
  const many = Array.from({ length: 33_000 }, (_, i) => lineAt(2000 + i, i + 3))
  const { seqs, late } = seqsOf([...many, lineAt(1999, 2)])
  t.equal(seqs.length, 33_001)
  t.equal(late, 1)
})

const LIMIT: Limit = {
  name: 'few',
  by: ['key'],
  windows: [],
  warnAt: [],
  cooldown: null,
  concurrent: 1,
  onStoreError: 'local',
  accuracy: 'exact',
}
const CHARGE: Charge = { limit: LIMIT, key: 'few|4:acme', cost: 1 }
const CHARGED = { charge: CHARGE, state: { remaining: 0, resetMs: 0, window: 0 }, atMs: 0 }

function releasesOf(taken: DecidedLine, next: DecidedLine): number {
  let released = 0
  const places = new TakenPlaces({
    charge: () => {
      throw new Error('nothing is charged here')
    },
    refund: () => undefined,
    release: (charges) => {
      released += charges.length
    },
  })
  places.take(taken, [CHARGED, { ...CHARGED, charge: { ...CHARGE, limit: { ...LIMIT, concurrent: null } } }])
  places.releaseBefore(next)
  return released
}

t.test('places are free again when the request was over', async (t) => {
  const taken = lineAt(1000, 5, { during: 2, durationMs: 100 })
  t.equal(releasesOf(taken, lineAt(1050, 6)), 0, 'long before its end')
  t.equal(releasesOf(taken, lineAt(1100, 7)), 0, 'in the same millisecond, by its number before')
  t.equal(releasesOf(taken, lineAt(1100, 8)), 1, 'in the same millisecond, by its number behind')
  t.equal(releasesOf(taken, lineAt(1200, 1)), 1, 'long behind, of another process')
})
