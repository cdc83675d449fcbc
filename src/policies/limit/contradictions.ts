import { LEASE_DIVISOR } from '../../core/lease.ts'
import type { Dimension } from '../../core/limits.ts'
import type { Rate } from '../units.ts'

const DAY_MS = 86_400_000
/** No day or month of the calendar is longer. */
const LONGEST_MS = { day: DAY_MS, month: 31 * DAY_MS } as const
/** Dimensions that do not tell one client from another. */
const SHARED: ReadonlySet<Dimension> = new Set(['route', 'global'])

interface Written {
  readonly by: Dimension | readonly Dimension[]
  readonly rate?: Rate | undefined
  readonly burst?: Rate | undefined
  readonly quota?: { readonly max: number; readonly unit: 'day' | 'month' } | undefined
  readonly warn_at?: readonly number[] | undefined
  readonly cooldown?: object | undefined
  readonly concurrent?: number | undefined
  readonly accuracy?: 'exact' | 'leased' | undefined
}

type Problem = readonly [key: string, message: string]

/** Settings that can never have an effect are mistakes: somebody believes that they protect. '' stands for the limit. */
export function contradictions(settings: Written): Problem[] {
  const { rate, burst, quota, warn_at, concurrent } = settings
  const found: Problem[] = []
  if (rate === undefined && quota === undefined && concurrent === undefined) {
    found.push(['', 'write `rate`, `quota`, `concurrent` or several of them'])
  }
  if (burst !== undefined) found.push(...burstProblems(burst, rate))
  if (warn_at !== undefined && quota === undefined) found.push(['warn_at', 'there is no `quota` to warn of'])
  if (rate !== undefined && quota !== undefined && isOutOfReach(quota, rate)) {
    found.push(['quota', '`rate` lets so few through that this quota is never reached'])
  }
  return [...found, ...cooldownProblems(settings), ...leaseProblems(settings)]
}

function leaseProblems({ accuracy, cooldown, rate, burst, quota }: Written): Problem[] {
  if (accuracy !== 'leased') return []
  const found: Problem[] = []
  if (cooldown !== undefined) found.push(['accuracy', 'a `cooldown` counts refusals, so it needs `exact`'])
  const smallest = Math.min(...[rate, burst, quota].map((window) => window?.max ?? Number.POSITIVE_INFINITY))
  if (smallest === Number.POSITIVE_INFINITY) {
    found.push(['accuracy', 'there is no `rate` or `quota` to lease of'])
  }
  if (smallest < LEASE_DIVISOR) {
    found.push(['accuracy', `a tenth of ${smallest} is less than one request: there is nothing to lease`])
  }
  return found
}

function cooldownProblems({ cooldown, by, rate, quota }: Written): Problem[] {
  if (cooldown === undefined) return []
  const found: Problem[] = []
  if (rate === undefined && quota === undefined) {
    found.push(['cooldown', 'there is no `rate` or `quota` whose refusals it could count'])
  }
  if ([by].flat().every((dimension) => SHARED.has(dimension))) {
    found.push(['cooldown', 'any one client could shut it for all; let it count by ip, key, org or subject'])
  }
  return found
}

function burstProblems(burst: Rate, rate: Rate | undefined): Problem[] {
  if (rate === undefined) return [['burst', 'write the `rate` that this is the burst of']]
  if (burst.windowMs >= rate.windowMs) return [['burst', 'its window must be shorter than that of `rate`']]
  if (burst.max >= rate.max) return [['burst', '`rate` lets fewer through, so this burst is never reached']]
  return []
}

/** A sliding window of the rate fits into the calendar unit at most so often, begun ones included. */
function isOutOfReach(quota: { max: number; unit: 'day' | 'month' }, rate: Rate): boolean {
  return quota.max > Math.ceil(LONGEST_MS[quota.unit] / rate.windowMs) * rate.max
}
