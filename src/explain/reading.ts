import type { BucketState, Limit, Window } from '../core/limits.ts'
import type { CounterStore } from '../core/ports.ts'

/** All that is asked of a store. */
export type Readable = Pick<CounterStore, 'read'>

/** One window of a bucket as it is. */
export interface WindowReading {
  /** Infinity: the store lets everything through. */
  readonly remaining: number
  /** Milliseconds until all that was spent is given back. */
  readonly resetMs: number
}

/** A bucket as it is, in all that its limit counts. */
export interface Reading {
  /** One for each window of the limit, in order. */
  readonly windows: readonly WindowReading[]
  /** Milliseconds for which a cooldown keeps the bucket shut; 0: it is open. */
  readonly shutMs: number
  /** Free places of `concurrent`; null: the limit has none. */
  readonly free: number | null
}

/** The limit as it has to be put, so that a store which tells one window only tells of the one that is asked about. */
interface Questions {
  readonly windows: readonly Limit[]
  readonly cooldown: Limit | null
  readonly places: Limit | null
}

/** No bucket of these holds as much: such a window is never the tightest. */
const UNBOUNDED = Number.MAX_SAFE_INTEGER
/** Kept, because stores keep what they have worked out of a limit, too. */
const questions = new WeakMap<Limit, Questions>()

/** Looks at a bucket. Changes nothing. */
export async function readBucket(
  store: Readable,
  limit: Limit,
  key: string,
  nowMs: number,
): Promise<Reading> {
  const asked = questionsOf(limit)
  const read = (one: Limit): Promise<BucketState> => Promise.resolve(store.read(one, key, nowMs))
  const states = await Promise.all(asked.windows.map(read))
  const shut = asked.cooldown === null ? null : await read(asked.cooldown)
  const places = asked.places === null ? null : await read(asked.places)
  return {
    windows: states.map(({ remaining, resetMs }) => ({ remaining, resetMs })),
    // With windows that cannot be full, only a cooldown leaves nothing.
    shutMs: shut?.remaining === 0 ? shut.resetMs : 0,
    free: places?.remaining ?? null,
  }
}

/**
 * Milliseconds until the window lets `cost` in. To the millisecond where the store can be asked about a time to come;
 * one that goes by a clock of its own says the same at all times, and then it is when all is given back.
 */
export async function waitMs(
  store: Readable,
  limit: Limit,
  index: number,
  { key, cost, nowMs }: { readonly key: string; readonly cost: number; readonly nowMs: number },
): Promise<number> {
  const asked = questionsOf(limit).windows[index] as Limit
  const isFree = async (afterMs: number): Promise<boolean> =>
    (await store.read(asked, key, nowMs + afterMs)).remaining >= cost
  const { resetMs } = await store.read(asked, key, nowMs)
  let [tooSoonMs, enoughMs] = [0, Math.max(1, resetMs)]
  if (!(await isFree(enoughMs))) return enoughMs
  while (enoughMs - tooSoonMs > 1) {
    const middleMs = Math.floor((tooSoonMs + enoughMs) / 2)
    if (await isFree(middleMs)) enoughMs = middleMs
    else tooSoonMs = middleMs
  }
  return enoughMs
}

function questionsOf(limit: Limit): Questions {
  const known = questions.get(limit)
  if (known !== undefined) return known
  const { windows, cooldown, concurrent } = limit
  const plain: Limit = { ...limit, cooldown: null, concurrent: null, warnAt: [] }
  const made: Questions = {
    windows: windows.map((_, index) => ({ ...plain, windows: windows.map(boundedAt(index)) })),
    cooldown: cooldown === null ? null : { ...plain, cooldown, windows: windows.map(boundedAt(-1)) },
    places: concurrent === null ? null : { ...plain, concurrent, windows: [] },
  }
  questions.set(limit, made)
  return made
}

function boundedAt(index: number): (window: Window, i: number) => Window {
  return (window, i) => (i === index ? window : { ...window, max: UNBOUNDED })
}
