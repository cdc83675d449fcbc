import fc from 'fast-check'
import type { Test } from 'tap'
import type { BucketState } from '../../../src/core/limits.ts'
import {
  calendar,
  chargesOf,
  chargingOf,
  DAY_MS,
  limitWith,
  type MakeCounters,
  NOON,
  sliding,
} from './tools.ts'

interface Step {
  readonly waitMs: number
  readonly cost: number
}

interface Taken {
  readonly atMs: number
  readonly cost: number
}

/** Entries a window is counted in: how much stricter than exact a store may be. */
const SUB_SLOTS = 15

const steps = fc.array(
  fc.record({ waitMs: fc.oneof(fc.nat(50), fc.nat(2000)), cost: fc.integer({ min: 1, max: 3 }) }),
  { minLength: 1, maxLength: 120 },
)
const maxima = fc.integer({ min: 3, max: 20 })
const lengths = fc.integer({ min: 10, max: 3000 })

const jumps = fc.array(fc.integer({ min: -3 * DAY_MS, max: 3 * DAY_MS }), { minLength: 1, maxLength: 50 })

const sumSince = (taken: readonly Taken[], sinceMs: number): number =>
  taken.reduce((sum, { atMs, cost }) => sum + (atMs > sinceMs ? cost : 0), 0)

/** Each step with its time. */
function timed(plan: readonly Step[]): Taken[] {
  let atMs = NOON
  return plan.map(({ waitMs, cost }) => {
    atMs += waitMs
    return { atMs, cost }
  })
}

async function isStrict(make: MakeCounters, plan: readonly Step[], max: number, windowMs: number) {
  const [charge] = await chargingOf(make)
  const limit = limitWith('a', [sliding(max, windowMs)])
  const taken: Taken[] = []
  for (const step of timed(plan)) {
    const isTaken = (await charge([limit], step.atMs, step.cost)).refused === -1
    const isFull = sumSince(taken, step.atMs - windowMs) + step.cost > max
    const isSurelyFree = sumSince(taken, step.atMs - windowMs * (1 + 1 / SUB_SLOTS) - 1) + step.cost <= max
    if (isTaken ? isFull : isSurelyFree) return false
    if (isTaken) taken.push(step)
  }
  return true
}

async function isWaitEnough(make: MakeCounters, plan: readonly Step[], max: number, windowMs: number) {
  const [charge] = await chargingOf(make)
  const day = limitWith('day', [calendar(200, 'day')])
  const limit = limitWith('a', [sliding(max * 3, windowMs * 4), sliding(max, windowMs)])
  let waitedMs = 0
  for (const { atMs, cost } of timed(plan)) {
    const { retryAfterMs, refused } = await charge([day, limit], atMs + waitedMs, cost)
    if (refused === -1) continue
    waitedMs += retryAfterMs
    const again = await charge([day, limit], atMs + waitedMs, cost)
    if (retryAfterMs < 1 || again.refused !== -1) return false
  }
  return true
}

const isTime = (ms: number) => ms >= 0 && ms <= 2 * DAY_MS
const isSane = ({ remaining, resetMs }: BucketState) => remaining >= 0 && isTime(resetMs)

async function isSaneAtAnyTime(make: MakeCounters, jumpsMs: readonly number[]) {
  const [charge] = await chargingOf(make)
  const limit = limitWith('a', [sliding(3, 60_000), calendar(5, 'day')])
  let nowMs = NOON
  for (const jumpMs of jumpsMs) {
    nowMs += jumpMs
    const { retryAfterMs, states } = await charge([limit], nowMs)
    if (!isTime(retryAfterMs) || !states.every(isSane)) return false
  }
  return true
}

async function isRefundWhole(make: MakeCounters, plan: readonly Step[]) {
  const [charge, counters] = await chargingOf(make)
  const limit = limitWith('a', [sliding(12, 1000), calendar(80, 'day')])
  for (const { atMs, cost } of timed(plan)) {
    const before = await counters.read(limit, 'a', atMs)
    if ((await charge([limit], atMs, cost)).refused !== -1) continue
    counters.refund(chargesOf([limit], cost), atMs)
    const after = await counters.read(limit, 'a', atMs)
    if (after.remaining !== before.remaining) return false
    await charge([limit], atMs, cost)
  }
  return true
}

export function propertiesContract(t: Test, make: MakeCounters): void {
  t.test('V73 never more than max in any window, and at most one sub-slot stricter', async () => {
    await fc.assert(fc.asyncProperty(steps, maxima, lengths, (...args) => isStrict(make, ...args)))
  })

  t.test('who waits as long as told gets in', async () => {
    await fc.assert(fc.asyncProperty(steps, maxima, lengths, (...args) => isWaitEnough(make, ...args)))
  })

  t.test('S12 whatever the clock does, no time is negative or beyond the window', async () => {
    await fc.assert(fc.asyncProperty(jumps, (jumpsMs) => isSaneAtAnyTime(make, jumpsMs)))
  })

  t.test('charging and refunding leaves a bucket as it was', async () => {
    await fc.assert(fc.asyncProperty(steps, (plan) => isRefundWhole(make, plan)))
  })
}
