import fc from 'fast-check'
import type { Test } from 'tap'
import type { Cooldown, Limit } from '../../../src/core/limits.ts'
import { type Charging, calendar, chargingOf, limitWith, type MakeCounters, NOON, sliding } from './tools.ts'

const MINUTE_MS = 60_000
const FOR_MS = 10 * MINUTE_MS
const THREE: Cooldown = { after: 3, withinMs: MINUTE_MS, forMs: FOR_MS }

const shutting = (name: string, cooldown: Cooldown = THREE): Limit => ({
  ...limitWith(name, [sliding(1, 1000)]),
  cooldown,
})

/** Takes the one that is free, then is refused `count` times. */
async function offend(charge: Charging, limit: Limit, nowMs: number, count: number) {
  await charge([limit], nowMs)
  for (let i = 0; i < count; i++) await charge([limit], nowMs)
}

/**
 * What every store does with `cooldown`. A bucket that its own windows refuse for the `after`th time within `within` is
 * shut: that refusal is told as `cooldown` already, and so is every later one until `for` is over. Nothing is looked at,
 * charged or counted as a refusal while any bucket of the request is shut; afterwards the refusals count from nought.
 */
export function cooldownContract(t: Test, make: MakeCounters): void {
  shuttingContract(t, make)
  reopeningContract(t, make)
  clockContract(t, make)
}

function shuttingContract(t: Test, make: MakeCounters): void {
  t.test('the refusal that is one too many shuts the bucket, and says so', async (t) => {
    const [charge] = await chargingOf(make)
    const limit = shutting('a')
    await charge([limit], NOON)
    for (let i = 0; i < 2; i++) {
      t.match(await charge([limit], NOON + i), { refused: 0, cause: 'window', retryAfterMs: 1000 - i })
    }
    t.match(await charge([limit], NOON + 2), {
      refused: 0,
      cause: 'cooldown',
      retryAfterMs: FOR_MS,
      states: [{ remaining: 0, resetMs: FOR_MS }],
    })
  })

  t.test('a shut bucket refuses whatever its windows say, and charges nothing', async (t) => {
    const [charge, counters] = await chargingOf(make)
    const [limit, other] = [shutting('a'), limitWith('b', [sliding(5, FOR_MS), calendar(5, 'day')])]
    await offend(charge, limit, NOON, 3)
    t.match(await charge([other, limit], NOON + 5000), {
      refused: 1,
      cause: 'cooldown',
      retryAfterMs: FOR_MS - 5000,
      states: [{ remaining: 5 }, { remaining: 0 }],
      warnings: [],
    })
    t.match(await counters.read(other, 'b', NOON + 5000), { remaining: 5 })
  })

  t.test('a shut bucket refuses before a window with a longer wait does', async (t) => {
    const [charge] = await chargingOf(make)
    const [limit, quota] = [shutting('a'), limitWith('q', [calendar(1, 'month')])]
    await charge([quota], NOON)
    await offend(charge, limit, NOON, 3)
    t.match(await charge([quota, limit], NOON + 1), { refused: 1, cause: 'cooldown' })
  })

  t.test('of two that are shut, the longer rest is told', async (t) => {
    const [charge] = await chargingOf(make)
    const [short, long] = [shutting('a'), shutting('b', { ...THREE, forMs: 2 * FOR_MS })]
    await offend(charge, short, NOON, 3)
    await offend(charge, long, NOON, 3)
    t.match(await charge([short, long], NOON + 1), { refused: 1, retryAfterMs: 2 * FOR_MS - 1 })
    t.match(await charge([long, short], NOON + 1), { refused: 0, retryAfterMs: 2 * FOR_MS - 1 })
  })

  t.test('only who refused by itself is shut', async (t) => {
    const [charge] = await chargingOf(make)
    const [full, free] = [shutting('full'), { ...shutting('free'), windows: [sliding(99, 1000)] }]
    await charge([full], NOON)
    for (let i = 0; i < 5; i++) await charge([free, full], NOON)
    t.match(await charge([full], NOON), { cause: 'cooldown' })
    t.equal((await charge([free], NOON)).refused, -1)
  })

  t.test('every bucket that refuses counts it, also one whose wait is not the longest', async (t) => {
    const [charge] = await chargingOf(make)
    const [limit, quota] = [shutting('a'), limitWith('q', [calendar(1, 'month')])]
    await charge([limit, quota], NOON)
    for (let i = 0; i < 2; i++) t.match(await charge([limit, quota], NOON), { refused: 1, cause: 'window' })
    t.match(await charge([limit, quota], NOON), { refused: 0, cause: 'cooldown', retryAfterMs: FOR_MS })
  })

  t.test('a shut bucket reads as one with nothing left until it opens', async (t) => {
    const [charge, counters] = await chargingOf(make)
    const limit = shutting('a')
    await offend(charge, limit, NOON, 3)
    t.match(await counters.read(limit, 'a', NOON + 2000), { remaining: 0, resetMs: FOR_MS - 2000 })
    t.match(await counters.read(limit, 'a', NOON + FOR_MS), { remaining: 1, resetMs: 0 })
  })
}

function reopeningContract(t: Test, make: MakeCounters): void {
  t.test('refusals while it is shut do not prolong it, and then it counts from nought', async (t) => {
    const [charge] = await chargingOf(make)
    const limit = shutting('a')
    await offend(charge, limit, NOON, 3)
    for (let i = 1; i < 10; i++) await charge([limit], NOON + i * MINUTE_MS)
    t.match(await charge([limit], NOON + FOR_MS - 1), { cause: 'cooldown', retryAfterMs: 1 })
    t.equal((await charge([limit], NOON + FOR_MS)).refused, -1)
    for (let i = 0; i < 2; i++) t.match(await charge([limit], NOON + FOR_MS), { cause: 'window' })
    t.match(await charge([limit], NOON + FOR_MS), { cause: 'cooldown', retryAfterMs: FOR_MS })
  })

  t.test('refusals that are further apart than `within` never shut it', async (t) => {
    const [charge] = await chargingOf(make)
    const limit = shutting('a')
    for (let i = 0; i < 10; i++) {
      const atMs = NOON + i * MINUTE_MS
      t.equal((await charge([limit], atMs)).refused, -1)
      t.match(await charge([limit], atMs), { cause: 'window' })
    }
  })

  t.test('`after: 1` shuts at the first refusal', async (t) => {
    const [charge] = await chargingOf(make)
    const limit = shutting('a', { ...THREE, after: 1 })
    await charge([limit], NOON)
    t.match(await charge([limit], NOON), { cause: 'cooldown', retryAfterMs: FOR_MS })
  })

  t.test('a bucket that is reset is open, and counts refusals from nought', async (t) => {
    const [charge, counters] = await chargingOf(make)
    if (!('reset' in counters) || typeof counters.reset !== 'function') return
    const limit = shutting('a')
    await offend(charge, limit, NOON, 3)
    await counters.reset('a')
    t.equal((await charge([limit], NOON)).refused, -1)
    for (let i = 0; i < 2; i++) t.match(await charge([limit], NOON), { cause: 'window' })
  })

  t.test(
    'without `cooldown` nothing is counted, and a reload that takes it away opens the bucket',
    async (t) => {
      const [charge] = await chargingOf(make)
      const limit = shutting('a')
      await offend(charge, limit, NOON, 3)
      const plain = { ...limit, cooldown: null }
      t.equal((await charge([plain], NOON + 1000)).refused, -1)
      for (let i = 0; i < 9; i++) t.match(await charge([plain], NOON + 1000), { cause: 'window' })
    },
  )

  t.test('a reload that makes `for` shorter makes the rest shorter', async (t) => {
    const [charge] = await chargingOf(make)
    await offend(charge, shutting('a'), NOON, 3)
    const shorter = shutting('a', { ...THREE, forMs: 5000 })
    t.match(await charge([shorter], NOON + 1), { cause: 'cooldown', retryAfterMs: 5000 })
    t.match(await charge([shorter], NOON + 1001), { cause: 'cooldown', retryAfterMs: 4000 })
  })
}

const jumps = fc.array(fc.integer({ min: -2 * FOR_MS, max: 2 * FOR_MS }), { minLength: 1, maxLength: 60 })

async function isSaneAtAnyTime(make: MakeCounters, jumpsMs: readonly number[]): Promise<boolean> {
  const [charge] = await chargingOf(make)
  const limit = shutting('a', { ...THREE, after: 2 })
  let nowMs = NOON
  for (const jumpMs of jumpsMs) {
    nowMs += jumpMs
    for (let i = 0; i < 3; i++) {
      const { retryAfterMs } = await charge([limit], nowMs)
      if (!(retryAfterMs >= 0 && retryAfterMs <= FOR_MS)) return false
    }
  }
  return true
}

function clockContract(t: Test, make: MakeCounters): void {
  t.test('S12 a clock that is set back shuts nobody for longer than `for`', async (t) => {
    const [charge] = await chargingOf(make)
    const limit = shutting('a')
    await offend(charge, limit, NOON, 3)
    const earlierMs = NOON - 24 * 60 * MINUTE_MS
    t.match(await charge([limit], earlierMs), { cause: 'cooldown', retryAfterMs: FOR_MS })
    t.match(await charge([limit], earlierMs + FOR_MS - 1), { cause: 'cooldown', retryAfterMs: 1 })
    t.equal((await charge([limit], earlierMs + FOR_MS)).cause, 'window')
  })

  t.test('S12 whatever the clock does, no rest is negative or longer than `for`', async () => {
    await fc.assert(fc.asyncProperty(jumps, (jumpsMs) => isSaneAtAnyTime(make, jumpsMs)))
  })
}
