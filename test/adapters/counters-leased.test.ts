import { ok } from 'node:assert/strict'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { LeasedCounters } from '../../src/adapters/counters-leased.ts'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import { leaseTerms } from '../../src/core/lease.ts'
import type { Charge, ChargeResult, Limit, Window } from '../../src/core/limits.ts'
import { limitWith, NOON, sliding } from './counters-contract/tools.ts'

const MINUTE_MS = 60_000
const leased = (name: string, windows: readonly Window[]): Limit => ({
  ...limitWith(name, windows),
  accuracy: 'leased',
})
const chargeOf = (limit: Limit, cost = 1): Charge => ({ limit, key: limit.name, cost })
const passed = ({ refused }: ChargeResult): boolean => refused === -1

/** Counts what is asked of a store. */
class Counted extends MemoryCounters {
  asked = 0

  override charge(charges: readonly Charge[], nowMs: number): ChargeResult {
    this.asked += 1
    return super.charge(charges, nowMs)
  }
}

function leasedOn(t: Test, store: MemoryCounters, replicas = 1): LeasedCounters {
  const counters = new LeasedCounters({ store, replicas: () => replicas })
  t.teardown(() => counters.close())
  return counters
}

t.test('most requests ask nobody', async (t) => {
  const store = new Counted()
  const counters = leasedOn(t, store)
  const limit = leased('a', [sliding(1000, MINUTE_MS)])
  for (let i = 0; i < 500; i++) t.ok(passed(await counters.charge([chargeOf(limit)], NOON)))
  t.equal(store.asked, 5, 'each takes a lease of 100 and its own')
})

t.test('an exact limit asks every time, beside a leased one, too', async (t) => {
  const store = new Counted()
  const counters = leasedOn(t, store)
  const charges = () => [
    chargeOf(limitWith('exact', [sliding(5, MINUTE_MS)])),
    chargeOf(leased('a', [sliding(100, MINUTE_MS)])),
  ]
  for (let i = 0; i < 5; i++) t.ok(passed(await counters.charge(charges(), NOON)))
  t.equal(store.asked, 5)
  t.match(await counters.charge(charges(), NOON), {
    refused: 0,
    cause: 'window',
    states: [{ remaining: 0 }, {}],
  })
})

t.test('what a refused request took from a lease goes back to it', async (t) => {
  const store = new Counted()
  const counters = leasedOn(t, store)
  const [exact, wide] = [
    limitWith('exact', [sliding(1, MINUTE_MS)]),
    leased('wide', [sliding(100, MINUTE_MS)]),
  ]
  await counters.charge([chargeOf(wide), chargeOf(exact)], NOON)
  for (let i = 0; i < 20; i++)
    t.match(await counters.charge([chargeOf(wide), chargeOf(exact)], NOON), { refused: 1 })
  t.match(await counters.read(wide, 'wide', NOON), { remaining: 89 })
  for (let i = 0; i < 10; i++) await counters.charge([chargeOf(wide)], NOON)
  t.match(await counters.read(wide, 'wide', NOON), { remaining: 89 }, 'all ten were in the lease')
})

t.test('near the limit every request is asked for, and the last one gets through', async (t) => {
  const counters = leasedOn(t, new MemoryCounters())
  const limit = leased('a', [sliding(25, MINUTE_MS)])
  let count = 0
  for (let i = 0; i < 100; i++) if (passed(await counters.charge([chargeOf(limit)], NOON))) count += 1
  t.equal(count, 25)
})

t.test('a refund goes back to the lease, and to the store once that has ended', async (t) => {
  const store = new MemoryCounters()
  const counters = leasedOn(t, store)
  const limit = leased('a', [sliding(100, MINUTE_MS)])
  await counters.charge([chargeOf(limit)], NOON)
  const [early, late] = [chargeOf(limit), chargeOf(limit)]
  await counters.charge([early], NOON)
  await counters.charge([late], NOON)
  counters.refund([early], NOON)
  t.match(store.read(limit, 'a', NOON), { remaining: 89 })
  counters.close()
  t.match(store.read(limit, 'a', NOON), { remaining: 98 })
  counters.refund([late], NOON)
  t.match(store.read(limit, 'a', NOON), { remaining: 99 })
})

t.test('requests that come while a lease is on its way do not each take one', async (t) => {
  const store = new MemoryCounters()
  const slow = {
    ...bound(store),
    charge: async (charges: readonly Charge[], nowMs: number) => store.charge(charges, nowMs),
  }
  const counters = new LeasedCounters({ store: slow, replicas: () => 1 })
  t.teardown(() => counters.close())
  const limit = leased('a', [sliding(1000, MINUTE_MS)])
  await Promise.all(Array.from({ length: 50 }, async () => counters.charge([chargeOf(limit)], NOON)))
  t.match(store.read(limit, 'a', NOON), { remaining: 1000 - 50 - 100 })
})

t.test('a store that fails leaves the leases as they were', async (t) => {
  const store = new MemoryCounters()
  let isGone = false
  const failing = {
    ...bound(store),
    charge: (charges: readonly Charge[], nowMs: number) => {
      if (isGone) throw new Error('gone')
      return store.charge(charges, nowMs)
    },
  }
  const counters = new LeasedCounters({ store: failing, replicas: () => 1 })
  t.teardown(() => counters.close())
  const [wide, exact] = [
    leased('wide', [sliding(100, MINUTE_MS)]),
    limitWith('exact', [sliding(9, MINUTE_MS)]),
  ]
  await counters.charge([chargeOf(wide)], NOON)
  isGone = true
  for (let i = 0; i < 30; i++)
    await t.rejects(async () => counters.charge([chargeOf(wide), chargeOf(exact)], NOON), /gone/)
  for (let i = 0; i < 10; i++) t.ok(passed(await counters.charge([chargeOf(wide)], NOON)))
  await t.rejects(async () => counters.charge([chargeOf(wide)], NOON), /gone/)
})

t.test('no window ever lets through more than the formula says, and nothing is taken twice', async () => {
  const step = fc.record({
    process: fc.nat({ max: 3 }),
    waitMs: fc.nat({ max: 400 }),
    cost: fc.integer({ min: 1, max: 3 }),
  })
  const property = fc.asyncProperty(fc.array(step, { minLength: 50, maxLength: 400 }), async (steps) => {
    const [max, windowMs, replicas] = [60, 5000, 4]
    const limit = leased('a', [sliding(max, windowMs)])
    const store = new MemoryCounters()
    const processes = Array.from(
      { length: replicas },
      () => new LeasedCounters({ store, replicas: () => replicas }),
    )
    const taken: Taken[] = []
    let nowMs = NOON
    for (const { process, waitMs, cost } of steps) {
      nowMs += waitMs
      const counters = processes[process] as LeasedCounters
      if (passed(await counters.charge([chargeOf(limit, cost)], nowMs))) taken.push({ atMs: nowMs, cost })
    }
    for (const counters of processes) counters.close()
    const most = leaseTerms(limit, replicas)?.atMost ?? 0
    for (const { atMs } of taken) ok(spentIn(taken, atMs, windowMs) <= most, `at most ${most} in a window`)
  })
  await fc.assert(property, { numRuns: 60 })
})

interface Taken {
  readonly atMs: number
  readonly cost: number
}

function spentIn(taken: readonly Taken[], fromMs: number, windowMs: number): number {
  const within = taken.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + windowMs)
  return within.reduce((sum, { cost }) => sum + cost, 0)
}

function bound(store: MemoryCounters) {
  return {
    charge: store.charge.bind(store),
    refund: store.refund.bind(store),
    release: store.release.bind(store),
    read: store.read.bind(store),
    reset: store.reset.bind(store),
  }
}
