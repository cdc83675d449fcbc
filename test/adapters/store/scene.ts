import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Test } from 'tap'
import { MemoryCounters } from '../../../src/adapters/counters-memory.ts'
import { openStore, type SqliteStore } from '../../../src/adapters/store/store.ts'
import type { ChargeResult, Limit } from '../../../src/core/limits.ts'
import { calendar, limitWith } from '../counters-contract/tools.ts'

export const NOON = Date.UTC(2026, 4, 15, 12)
export const monthly = limitWith('plan', [calendar(10, 'month')], [0.5])
export const daily = limitWith('plan', [calendar(10, 'day')], [0.5])

export interface Scene {
  readonly counters: MemoryCounters
  readonly store: SqliteStore
  readonly problems: (string | null)[]
  /** What the clock says; it does not move by itself. */
  readonly clock: { nowMs: number }
  readonly charge: (limit: Limit, key?: string, cost?: number) => ChargeResult
  readonly left: (limit: Limit, key?: string) => number
}

export interface SceneOptions {
  readonly nowMs?: number
  readonly maxBuckets?: number
  readonly maxLoaded?: number
}

export const fileIn = (t: Test): string => join(t.testdir(), 'store.db')

/** Counters over a store, as a gate has them. */
export async function openScene(t: Test, path: string, options: SceneOptions = {}): Promise<Scene> {
  const { nowMs = NOON, maxBuckets = 1000, maxLoaded = 1000 } = options
  const clock = { nowMs }
  const problems: (string | null)[] = []
  const counters = new MemoryCounters({ maxBuckets })
  const store = await openStore({
    path,
    journal: counters.keepQuotas(),
    maxLoaded,
    nowMs: () => clock.nowMs,
    onProblem: (problem) => problems.push(problem),
  })
  t.teardown(() => store.close().catch(() => undefined))
  const charge = (limit: Limit, key = 'plan|1:a', cost = 1) =>
    counters.charge([{ limit, key, cost }], clock.nowMs)
  const left = (limit: Limit, key = 'plan|1:a') => counters.read(limit, key, clock.nowMs).remaining
  return { counters, store, problems, clock, charge, left }
}

/** What stands in the file, read by another program. */
export function rowsIn(path: string): Record<string, unknown>[] {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    return database
      .prepare('select * from quotas order by bucket, unit')
      .all()
      .map((row) => ({ ...row }))
  } finally {
    database.close()
  }
}
