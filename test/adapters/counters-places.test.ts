import fc from 'fast-check'
import t from 'tap'
import { ConcurrentCounters } from '../../src/adapters/counters/places.ts'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import type { Charge, Limit } from '../../src/core/limits.ts'
import type { CounterStore } from '../../src/core/ports.ts'
import { limitWith, NOON, sliding } from './counters-contract/tools.ts'
import { countersContract } from './counters-contract.ts'

countersContract(t, () => new ConcurrentCounters(new MemoryCounters()))

const bounded = (name: string, concurrent: number, windows = limitWith('', []).windows): Limit => ({
  ...limitWith(name, windows),
  concurrent,
})
const chargeOn = (limit: Limit, key = limit.name): Charge => ({ limit, key, cost: 1 })

const TWO = bounded('two', 2)

t.test('no more than so many at once, and each place is given on', async (t) => {
  const counters = new ConcurrentCounters(new MemoryCounters())
  const charges = [chargeOn(TWO)]
  for (let i = 0; i < 2; i++) t.match(counters.charge(charges, NOON), { refused: -1 })
  for (let i = 0; i < 3; i++) {
    t.match(counters.charge(charges, NOON), { refused: 0, cause: 'concurrent', retryAfterMs: 1000 })
  }
  counters.release(charges)
  t.match(counters.charge(charges, NOON), { refused: -1 })
  t.match(counters.charge(charges, NOON), { refused: 0 })
  t.match(counters.charge([chargeOn(TWO, 'other')], NOON), { refused: -1 }, 'each bucket by itself')
})

t.test('who finds no place is charged to no window', async (t) => {
  const counters = new ConcurrentCounters(new MemoryCounters())
  const both = bounded('both', 1, [sliding(9, 1000)])
  await counters.charge([chargeOn(both)], NOON)
  for (let i = 0; i < 20; i++) t.match(counters.charge([chargeOn(both)], NOON), { cause: 'concurrent' })
  t.match(counters.read(both, 'both', NOON), { remaining: 8 })
})

t.test('a limit without windows is read by its free places, and never below nothing', async (t) => {
  const counters = new ConcurrentCounters(new MemoryCounters())
  const left = (limit: Limit) => counters.read(limit, 'two', NOON)
  t.strictSame(left(TWO), { remaining: 2, resetMs: 0, window: 0 })
  await counters.charge([chargeOn(TWO)], NOON)
  t.match(left(TWO), { remaining: 1 })
  await counters.charge([chargeOn(TWO)], NOON)
  t.match(left(TWO), { remaining: 0 })
  t.match(left({ ...TWO, concurrent: 1 }), { remaining: 0 }, 'after a reload that made it smaller')
  counters.release([chargeOn(TWO)])
  t.match(left(TWO), { remaining: 1 })
})

t.test('whom a window refuses takes no place', async (t) => {
  const counters = new ConcurrentCounters(new MemoryCounters())
  const one = limitWith('one', [sliding(1, 1000)])
  for (let i = 0; i < 9; i++) await counters.charge([chargeOn(TWO), chargeOn(one)], NOON)
  t.equal(counters.taken, 1)
})

t.test('a place that one limit has not leaves those of the others free', async (t) => {
  const counters = new ConcurrentCounters(new MemoryCounters())
  const wide = bounded('wide', 9)
  for (let i = 0; i < 5; i++) await counters.charge([chargeOn(wide), chargeOn(TWO)], NOON)
  t.equal(counters.taken, 4)
})

t.test('a store that fails, at once or later, leaves no place taken', async (t) => {
  const failing = (charge: CounterStore['charge']): CounterStore =>
    Object.assign(new MemoryCounters(), { charge })
  const atOnce = new ConcurrentCounters(
    failing(() => {
      throw new Error('gone')
    }),
  )
  t.throws(() => atOnce.charge([chargeOn(TWO)], NOON), /gone/)
  const later = new ConcurrentCounters(failing(async () => Promise.reject(new Error('gone'))))
  await t.rejects(async () => later.charge([chargeOn(TWO)], NOON), /gone/)
  t.strictSame([atOnce.taken, later.taken], [0, 0])
})

t.test('a release of what was never taken gives nobody a place', async (t) => {
  const counters = new ConcurrentCounters(new MemoryCounters())
  counters.release([chargeOn(TWO), chargeOn(limitWith('none', []))])
  for (let i = 0; i < 2; i++) await counters.charge([chargeOn(TWO)], NOON)
  t.match(counters.charge([chargeOn(TWO)], NOON), { refused: 0 })
})

const LIMITS = [
  TWO,
  bounded('three', 3, [sliding(5, 1000)]),
  bounded('one', 1),
  limitWith('free', [sliding(9, 500)]),
]
const steps = fc.array(
  fc.record({
    limits: fc.subarray(LIMITS, { minLength: 1 }),
    key: fc.constantFrom('a', 'b'),
    waitMs: fc.nat(300),
    ends: fc.nat(3),
  }),
  { maxLength: 80 },
)

interface Step {
  readonly limits: readonly Limit[]
  readonly key: string
  readonly waitMs: number
}

/** Requests that come and go. */
class Traffic {
  readonly counters = new ConcurrentCounters(new MemoryCounters())
  readonly #underWay: Charge[][] = []
  #nowMs = NOON

  end(count: number): void {
    for (const charges of this.#underWay.splice(0, count)) this.counters.release(charges)
  }

  async come({ limits, key, waitMs }: Step): Promise<void> {
    this.#nowMs += waitMs
    const charges = limits.map((limit) => chargeOn(limit, `${limit.name}|${key}`))
    if ((await this.counters.charge(charges, this.#nowMs)).refused === -1) this.#underWay.push(charges)
  }

  /** Whether no bucket holds more than its limit allows. */
  isBounded(): boolean {
    const all = this.#underWay.flat()
    return all.every(({ limit, key }) => {
      const held = all.filter((charge) => charge.key === key).length
      return held <= (limit.concurrent ?? Number.POSITIVE_INFINITY)
    })
  }
}

t.test('whatever comes and goes, no bucket is above its bound, and in the end nothing is taken', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const traffic = new Traffic()
      for (const step of plan) {
        traffic.end(step.ends)
        await traffic.come(step)
        if (!traffic.isBounded()) return false
      }
      traffic.end(plan.length)
      return traffic.counters.taken === 0
    }),
  )
})
