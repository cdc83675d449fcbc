import { dirname, resolve } from 'node:path'
import type { MemoryCounters } from '../adapters/counters-memory.ts'
import type { Log } from '../adapters/log.ts'
import type { StoreState } from '../adapters/store/quota-keeper.ts'
import type { Settings } from '../config/compile-settings.ts'

export interface StoreNeeds {
  /** The policy file, which the store's path is relative to. */
  readonly file: string
  readonly settings: Pick<Settings, 'store' | 'redis'>
  readonly counters: MemoryCounters
  readonly log: Log
}

export interface StorePart {
  /** null: there is none, or Redis counts. */
  readonly state: () => StoreState | null
  /** Writes what is left; after the last request. */
  readonly close: () => Promise<void>
}

/** Of the buckets kept in memory, quotas fill no more than half when the gate starts: the others are for rates. */
const LOADED_SHARE = 0.5

/**
 * Opens the store that the policy asks for, and has quotas counted on from it. Where Redis counts, its counts outlive
 * the process, and those of this process are a makeshift that nobody should go on from.
 * @throws StoreUnusable that says why it cannot be used
 */
export async function startStore({ file, settings, counters, log }: StoreNeeds): Promise<StorePart> {
  const { store, redis } = settings
  if (store === null || redis !== null) return { state: () => null, close: async () => undefined }
  const path = resolve(dirname(file), store.path)
  // A gate without a store pays neither the memory nor the time for it.
  const { openStore } = await import('../adapters/store/store.ts')
  const opened = await openStore({
    path,
    journal: counters.keepQuotas(),
    maxLoaded: Math.floor(counters.stats().maxBuckets * LOADED_SHARE),
    nowMs: Date.now,
    onProblem: (problem) => {
      if (problem === null) log.info('store works again', { store: path })
      else
        log.error('store fails: quotas are counted in memory until it works again', { store: path, problem })
    },
  })
  return { state: opened.state, close: opened.close }
}
