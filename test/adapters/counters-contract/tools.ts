import type { BucketState, Charge, ChargeResult, Limit, Window } from '../../../src/core/limits.ts'
import type { Counters } from '../../../src/core/ports.ts'
import { bareLimit } from '../../support/limit.ts'

/** What every store of counters can do. */
export interface ReadableCounters extends Counters {
  read(limit: Limit, key: string, nowMs: number): BucketState | Promise<BucketState>
}

export type MakeCounters = () => ReadableCounters | Promise<ReadableCounters>
export type Charging = (limits: readonly Limit[], nowMs: number, cost?: number) => Promise<ChargeResult>

export const DAY_MS = 86_400_000
export const NOON = Date.UTC(2026, 4, 15, 12)

export const sliding = (max: number, windowMs: number): Window => ({ kind: 'sliding', max, windowMs })
export const calendar = (max: number, unit: 'day' | 'month'): Window => ({ kind: 'calendar', max, unit })
export const limitWith = (name: string, windows: readonly Window[], warnAt: readonly number[] = []): Limit =>
  bareLimit({ name, by: ['global'], windows, warnAt })

export const chargesOf = (limits: readonly Limit[], cost: number): Charge[] =>
  limits.map((limit) => ({ limit, key: limit.name, cost }))

export async function chargingOf(make: MakeCounters): Promise<[Charging, ReadableCounters]> {
  const counters = await make()
  return [async (limits, nowMs, cost = 1) => counters.charge(chargesOf(limits, cost), nowMs), counters]
}

/** How many of `count` charges at `nowMs` were taken. */
export async function takenOf(charge: Charging, limit: Limit, nowMs: number, count: number): Promise<number> {
  let taken = 0
  for (let i = 0; i < count; i++) if ((await charge([limit], nowMs)).refused === -1) taken += 1
  return taken
}
