import type { Window } from '../../src/core/limits.ts'
import { type FaultRoute, REPLICAS, shareOf } from './routes.ts'

/** From when to when, in epoch milliseconds. */
export type Span = readonly [fromMs: number, toMs: number]

/** What happened to Redis, as far as it matters for what may get through. */
export interface History {
  /** Times at which Redis lost what it had counted. */
  readonly losses: readonly Span[]
  /** Times at which a gate did without Redis. */
  readonly away: readonly Span[]
}

export interface Excess {
  readonly route: string
  readonly windowMs: number
  readonly fromMs: number
  readonly passed: number
  readonly most: number
}

/** The fullest window against its bound: how near it came. */
export interface Fullest {
  readonly passed: number
  readonly most: number
}

/**
 * What docs/redis.md declares for one window: what Redis lets through, again for each time it lost what it had counted, and
 * once the shares of all gates when one of them did without it. null: no bound, `allow` counts nothing meanwhile.
 */
export function boundOf(route: FaultRoute, window: Window, within: Span, history: History): number | null {
  const losses = history.losses.filter((loss) => overlap(loss, within)).length
  const isAway = history.away.some((span) => overlap(span, within))
  if (isAway && route.mode === 'allow') return null
  const ofRedis = (1 + losses) * (window.max + route.overshoot)
  return isAway && route.mode === 'local' ? ofRedis + REPLICAS * shareOf(window.max) : ofRedis
}

/**
 * Every window that begins with a request that passed. When a request was charged is known to lie between its sending
 * and its reply; only those that lie in the window with both are held against the bound, so nothing is found that was not.
 * @param passed each with when it was sent and when its reply had come
 */
export function excesses(route: FaultRoute, passed: readonly Span[], history: History) {
  const sorted = passed.toSorted(([a], [b]) => a - b)
  const all = route.windows.flatMap((window) => windowsOf(route, window, sorted, history))
  const found = all.filter((one) => one.passed > one.most)
  const fullest = all.reduce<Fullest>(
    (one, other) => (other.passed * one.most >= one.passed * other.most ? other : one),
    { passed: 0, most: 0 },
  )
  return { found, fullest: { passed: fullest.passed, most: fullest.most } }
}

function windowsOf(route: FaultRoute, window: Window, sorted: readonly Span[], history: History): Excess[] {
  if (window.kind !== 'sliding') return []
  const { windowMs } = window
  return sorted.flatMap(([fromMs], i) => {
    const most = boundOf(route, window, [fromMs, fromMs + windowMs], history)
    if (most === null) return []
    return [{ route: route.name, windowMs, fromMs, passed: countFrom(sorted, i, fromMs + windowMs), most }]
  })
}

function countFrom(sorted: readonly Span[], from: number, untilMs: number): number {
  let count = 0
  for (let i = from; i < sorted.length; i++) {
    const [sentMs, repliedMs] = sorted[i] as Span
    // A window of 1 s holds what is charged within 1000 ms, its last one not included.
    if (sentMs >= untilMs) break
    if (repliedMs < untilMs) count += 1
  }
  return count
}

function overlap([aFrom, aTo]: Span, [bFrom, bTo]: Span): boolean {
  return aFrom <= bTo && bFrom <= aTo
}
