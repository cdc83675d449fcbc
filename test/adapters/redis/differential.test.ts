import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { MemoryCounters } from '../../../src/adapters/counters-memory.ts'
import type { RedisCounters } from '../../../src/adapters/counters-redis.ts'
import type { BucketState, Charge, ChargeResult, Limit, Window } from '../../../src/core/limits.ts'
import { noRedis, startRedis } from '../../support/redis.ts'
import { calendar, DAY_MS, limitWith, NOON, sliding } from '../counters-contract/tools.ts'
import { connected, settingsOf } from './tools.ts'

/** One thing done to the counters: a charge of some limits, given back at once or not. */
interface Step {
  readonly waitMs: number
  readonly limits: readonly number[]
  readonly cost: number
  readonly isGivenBack: boolean
}

const windows: fc.Arbitrary<Window[]> = fc
  .tuple(
    fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom(10, 1000, 60_000, DAY_MS)), {
      maxLength: 2,
    }),
    fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.constantFrom('day', 'month')), { maxLength: 2 }),
  )
  .map(([rates, quotas]) => [
    ...rates.map(([max, windowMs]) => sliding(max, windowMs)),
    ...quotas.map(([max, unit]) => calendar(max, unit as 'day' | 'month')),
  ])

const cooldown = fc.option(
  fc.record({
    after: fc.integer({ min: 1, max: 4 }),
    withinMs: fc.constantFrom(500, 60_000),
    forMs: fc.constantFrom(700, 90_000, DAY_MS),
  }),
)
const shares = fc.uniqueArray(fc.constantFrom(0.07, 0.5, 0.8, 1), { maxLength: 4 })
const limits = fc
  .array(fc.tuple(windows, shares, cooldown), { minLength: 1, maxLength: 3 })
  .map((list) =>
    list.map(([some, warnAt, shut], i): Limit => ({ ...limitWith(`l${i}`, some, warnAt), cooldown: shut })),
  )
const waits = fc.oneof(fc.nat(5), fc.nat(2000), fc.nat(100_000), fc.nat(40 * DAY_MS))
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    waitMs: fc.oneof({ weight: 4, arbitrary: fc.nat(50) }, { weight: 1, arbitrary: waits }),
    limits: fc.array(fc.nat(2), { minLength: 1, maxLength: 3 }),
    cost: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 6 })),
    isGivenBack: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
)

let run = 0
const seen = { refusals: 0, cooldowns: 0, warnings: 0 }

function chargesOf(step: Step, some: readonly Limit[]): Charge[] {
  return step.limits.map((i): Charge => {
    const limit = some[i % some.length] as Limit
    return { limit, key: `${limit.name}|${run}`, cost: step.cost }
  })
}

/** Both are asked the same, and must answer the same. */
async function agree(redis: RedisCounters, plan: readonly Step[], some: readonly Limit[]): Promise<void> {
  const memory = new MemoryCounters()
  run += 1
  let nowMs = NOON
  for (const step of plan) {
    nowMs += step.waitMs
    const charges = chargesOf(step, some)
    const wanted = memory.charge(charges, nowMs)
    deepStrictEqual(bare(await redis.charge(charges, nowMs), charges), bare(wanted, charges))
    note(wanted)
    if (step.isGivenBack && wanted.refused === -1) {
      memory.refund(charges, nowMs)
      redis.refund(charges, nowMs)
    }
    for (const { limit, key } of charges) {
      deepStrictEqual(
        untold(await redis.read(limit, key, nowMs), limit),
        untold(memory.read(limit, key, nowMs), limit),
      )
    }
  }
}

/** The same, with everything asked of Redis in one turn: it goes out as one command. */
async function agreeAtOnce(
  redis: RedisCounters,
  plan: readonly Step[],
  some: readonly Limit[],
): Promise<void> {
  const memory = new MemoryCounters()
  run += 1
  let nowMs = NOON
  const found: Promise<object>[] = []
  const wanted: object[] = []
  for (const step of plan) {
    nowMs += step.waitMs
    const charges = chargesOf(step, some)
    const result = memory.charge(charges, nowMs)
    wanted.push(bare(result, charges))
    found.push(redis.charge(charges, nowMs).then((answer) => bare(answer, charges)))
    if (step.isGivenBack && result.refused === -1) {
      memory.refund(charges, nowMs)
      redis.refund(charges, nowMs)
    }
  }
  deepStrictEqual(await Promise.all(found), wanted)
}

const bare = (result: ChargeResult, charges: readonly Charge[]) => ({
  ...result,
  states: result.states.map((state, i) => untold(state, (charges[i] as Charge).limit)),
})

/** A quota in which nothing was spent has no end to wait for, or that of its day: whether it was forgotten already. */
function untold(state: BucketState, { windows }: Limit): Partial<BucketState> {
  const mayBeWhole = windows.length === 0 || windows.some(({ max }) => max === state.remaining)
  return mayBeWhole ? { remaining: state.remaining } : state
}

function note({ refused, cause, warnings }: ChargeResult): void {
  if (refused !== -1) seen.refusals += 1
  if (refused !== -1 && cause === 'cooldown') seen.cooldowns += 1
  seen.warnings += warnings.length
}

// Time goes forward here: what each forgets when a clock is set back is its own, and bounded by the contract.
t.test('whatever is charged, Redis and memory answer the same', { skip: noRedis() }, async (t) => {
  const server = await startRedis(t)
  const redis = await connected(t, settingsOf(server, { commandTimeoutMs: 20_000 }), 'caller')
  const property = fc.asyncProperty(steps, limits, (plan, some) => agree(redis, plan, some))
  await fc.assert(property, { numRuns: 300 })
  t.ok(seen.refusals > 100 && seen.cooldowns > 20 && seen.warnings > 20, JSON.stringify(seen))
})

t.test(
  'whatever is charged in one turn, Redis and memory answer the same',
  { skip: noRedis() },
  async (t) => {
    const server = await startRedis(t)
    const redis = await connected(t, settingsOf(server, { commandTimeoutMs: 20_000 }), 'caller')
    const property = fc.asyncProperty(steps, limits, (plan, some) => agreeAtOnce(redis, plan, some))
    await fc.assert(property, { numRuns: 200 })
  },
)
