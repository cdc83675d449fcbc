import fc from 'fast-check'
import type { Test } from 'tap'
import { calendar, chargingOf, DAY_MS, limitWith, type MakeCounters, NOON } from './tools.ts'

type Unit = 'day' | 'month'

const HOUR_MS = 3_600_000
const SHARES = [0.5, 1] as const
const units = fc.constantFrom<Unit>('day', 'month')
const times = fc.integer({ min: Date.UTC(1999, 0, 1), max: Date.UTC(2101, 0, 1) })

/** First millisecond of the next day or month, worked out by the calendar of Date alone. */
function endMs(unit: Unit, nowMs: number): number {
  const date = new Date(nowMs)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
  return unit === 'day' ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1, 1)
}

async function endsWithItsUnit(make: MakeCounters, unit: Unit, nowMs: number): Promise<boolean> {
  const [charge] = await chargingOf(make)
  const limit = limitWith('a', [calendar(1, unit)])
  const overMs = endMs(unit, nowMs)
  const first = await charge([limit], nowMs)
  const last = await charge([limit], overMs - 1)
  const next = await charge([limit], overMs)
  return (
    first.states[0]?.resetMs === overMs - nowMs &&
    last.refused === 0 &&
    last.retryAfterMs === 1 &&
    next.refused === -1
  )
}

interface Step {
  readonly waitMs: number
  readonly cost: number
}

const steps = fc.array(
  fc.record({ waitMs: fc.oneof(fc.nat(HOUR_MS), fc.nat(3 * DAY_MS)), cost: fc.integer({ min: 1, max: 4 }) }),
  { minLength: 1, maxLength: 60 },
)

/** What was counted in one day or month, and which shares were told of. */
interface Counted {
  taken: number
  readonly told: string[]
}

function isRight({ taken, told }: Counted, max: number): boolean {
  const due = SHARES.filter((share) => taken >= Math.ceil(share * max)).map((share) => `a:${share * 100}`)
  return taken <= max && told.join() === due.join()
}

async function isOncePerUnit(make: MakeCounters, unit: Unit, plan: readonly Step[], max: number) {
  const [charge] = await chargingOf(make)
  const limit = limitWith('a', [calendar(max, unit)], SHARES)
  const byUnit = new Map<number, Counted>()
  let nowMs = NOON
  for (const { waitMs, cost } of plan) {
    nowMs += waitMs
    const counted = byUnit.get(endMs(unit, nowMs)) ?? { taken: 0, told: [] }
    const { refused, warnings } = await charge([limit], nowMs, cost)
    if (refused === -1) counted.taken += cost
    counted.told.push(...warnings)
    byUnit.set(endMs(unit, nowMs), counted)
  }
  return [...byUnit.values()].every((counted) => isRight(counted, max))
}

/** Times about one midnight, in any order. */
const wavering = fc.array(fc.integer({ min: -HOUR_MS, max: HOUR_MS }), { minLength: 1, maxLength: 80 })

async function isOneQuotaPerSide(make: MakeCounters, unit: Unit, offsetsMs: readonly number[]) {
  const [charge] = await chargingOf(make)
  const limit = limitWith('a', [calendar(5, unit)], SHARES)
  const midnight = Date.UTC(2028, 2, 1)
  const told: string[] = []
  let taken = 0
  for (const offsetMs of offsetsMs) {
    const { refused, warnings } = await charge([limit], midnight + offsetMs)
    if (refused === -1) taken += 1
    told.push(...warnings)
  }
  return taken <= 10 && SHARES.every((share) => told.filter((one) => one === `a:${share * 100}`).length <= 2)
}

export function unitsContract(t: Test, make: MakeCounters): void {
  t.test('S12 in any year a day and a month end when the calendar says so', async () => {
    await fc.assert(fc.asyncProperty(units, times, (...args) => endsWithItsUnit(make, ...args)))
  })

  t.test('never more than the quota in a unit, and each share is told of once in it', async () => {
    const max = fc.integer({ min: 4, max: 30 })
    await fc.assert(fc.asyncProperty(units, steps, max, (...args) => isOncePerUnit(make, ...args)))
  })

  t.test(
    'S12 a clock that wavers about a midnight grants two quotas and tells of two, however often',
    async () => {
      await fc.assert(fc.asyncProperty(units, wavering, (...args) => isOneQuotaPerSide(make, ...args)))
    },
  )
}
