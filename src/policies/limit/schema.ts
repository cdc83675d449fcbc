import { z } from 'zod'
import type { Dimension, Limit, Window } from '../../core/limits.ts'
import { percent, type Rate, rate } from '../units.ts'

const DAY_MS = 86_400_000
/** No day or month of the calendar is longer. */
const LONGEST_MS = { day: DAY_MS, month: 31 * DAY_MS } as const
const MAX_WARNINGS = 8
const MAX_LIMITS_PER_ROUTE = 16
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/
const QUOTA = /^([1-9]\d{0,8})\/(day|month)$/
const DIMENSIONS = ['ip', 'key', 'org', 'subject', 'route', 'global'] as const satisfies readonly Dimension[]
const BY_MESSAGE = `write one of ${DIMENSIONS.join(', ')}, or a list of them`
const QUOTA_MESSAGE = 'write a quota such as 5000/day or 100000/month'
const LIST_MESSAGE = `write the name of a limit, or a list of at most ${MAX_LIMITS_PER_ROUTE} names`

/** The name of a limit: part of bucket keys and header fields, so of few characters. */
export const limitName = z
  .string()
  .regex(NAME, 'write 1 to 64 of letters, digits and _ . -, a letter or digit first')

const dimension = z.enum(DIMENSIONS, { error: BY_MESSAGE })
const dimensions = z
  .array(dimension)
  .min(1, BY_MESSAGE)
  .max(DIMENSIONS.length)
  .refine((list) => new Set(list).size === list.length, 'each dimension once')

const quota = z
  .string({ error: QUOTA_MESSAGE })
  .regex(QUOTA, QUOTA_MESSAGE)
  .transform((text): { max: number; unit: 'day' | 'month' } => {
    const [count, unit] = text.split('/')
    return { max: Number(count), unit: unit === 'day' ? 'day' : 'month' }
  })

const share = percent().refine((value) => value > 0, 'from 1% to 100%')

/** `limits.NAME`: one named limit. */
export const limitSettingsSchema = z
  .strictObject({
    by: z.union([dimension, dimensions], { error: BY_MESSAGE }).meta({
      description:
        'What is counted apart: `ip` (an IPv4 address, or the /64 of an IPv6 one), `key`, `org`, `subject`, `route`, `global`, or a list of these. Whoever shows no credential is counted by address instead of by key, org or subject.',
      examples: ['key', ['ip', 'route']],
    }),
    rate: rate()
      .optional()
      .meta({
        description: 'Requests in any second, minute, hour or day: a sliding window.',
        examples: ['60/minute'],
      }),
    burst: rate()
      .optional()
      .meta({
        description: 'A second sliding window, shorter than that of `rate`.',
        examples: ['10/second'],
      }),
    quota: quota.optional().meta({
      description: 'Requests per calendar day or month, UTC.',
      examples: ['100000/month', '5000/day'],
    }),
    warn_at: z
      .array(share)
      .min(1)
      .max(MAX_WARNINGS)
      .refine((list) => new Set(list).size === list.length, 'each share once')
      .optional()
      .meta({
        description: 'Shares of the quota that are told of once per bucket and day or month.',
        examples: [['80%', '100%']],
      }),
  })
  .superRefine((settings, context) => {
    for (const [key, message] of contradictions(settings)) {
      context.addIssue({ code: 'custom', path: key === '' ? [] : [key], message })
    }
  })
  .meta({
    description: 'A named limit. All its windows are charged together, or none.',
    examples: [{ by: 'key', rate: '60/minute', burst: '10/second' }],
  })

export type LimitSettings = z.output<typeof limitSettingsSchema>

/** `limits` of a route or the defaults. */
export const limitListSchema = z
  .union([limitName, z.array(limitName).max(MAX_LIMITS_PER_ROUTE)], { error: LIST_MESSAGE })
  .meta({
    description: 'Names of the limits that a request is charged to; all of them have to let it through.',
    examples: [['authenticated', 'plan'], 'public'],
  })

/** `limit_headers` of a route or the defaults. */
export const limitHeadersSchema = z.enum(['ietf', 'both', 'off']).meta({
  description:
    '`ietf`: `ratelimit` and `ratelimit-policy`; `both`: also `x-ratelimit-limit`, `-remaining` and `-reset` of the tightest limit; `off`: none.',
  examples: ['both'],
})

/** The compiled form of one named limit: the sliding windows first, then the calendar one. */
export function limitOf(name: string, settings: LimitSettings): Limit {
  const windows: Window[] = []
  for (const sliding of [settings.rate, settings.burst]) {
    if (sliding !== undefined) windows.push(Object.freeze({ kind: 'sliding', ...sliding }))
  }
  if (settings.quota !== undefined) windows.push(Object.freeze({ kind: 'calendar', ...settings.quota }))
  return Object.freeze({
    name,
    by: Object.freeze(typeof settings.by === 'string' ? [settings.by] : settings.by),
    windows: Object.freeze(windows),
    warnAt: Object.freeze((settings.warn_at ?? []).map((percentage) => percentage / 100)),
    cooldown: null,
    concurrent: null,
    onStoreError: 'local',
  })
}

type Windows = Pick<LimitSettings, 'rate' | 'burst' | 'quota' | 'warn_at'>

/** Settings that can never have an effect are mistakes: somebody believes that they protect. */
function contradictions({ rate, burst, quota, warn_at }: Windows): [string, string][] {
  const found: [string, string][] = []
  if (rate === undefined && quota === undefined) found.push(['', 'write `rate`, `quota` or both'])
  if (burst !== undefined) found.push(...burstProblems(burst, rate))
  if (warn_at !== undefined && quota === undefined) found.push(['warn_at', 'there is no `quota` to warn of'])
  if (rate !== undefined && quota !== undefined && isOutOfReach(quota, rate)) {
    found.push(['quota', '`rate` lets so few through that this quota is never reached'])
  }
  return found
}

function burstProblems(burst: Rate, rate: Rate | undefined): [string, string][] {
  if (rate === undefined) return [['burst', 'write the `rate` that this is the burst of']]
  if (burst.windowMs >= rate.windowMs) return [['burst', 'its window must be shorter than that of `rate`']]
  if (burst.max >= rate.max) return [['burst', '`rate` lets fewer through, so this burst is never reached']]
  return []
}

/** A sliding window of the rate fits into the calendar unit at most so often, begun ones included. */
function isOutOfReach(quota: { max: number; unit: 'day' | 'month' }, rate: Rate): boolean {
  return quota.max > Math.ceil(LONGEST_MS[quota.unit] / rate.windowMs) * rate.max
}
