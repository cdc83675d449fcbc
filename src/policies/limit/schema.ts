import { z } from 'zod'
import type { Dimension, Limit, Window } from '../../core/limits.ts'
import { duration, percent, rate } from '../units.ts'
import { contradictions } from './contradictions.ts'

const SECOND_MS = 1000
const DAY_MS = 86_400_000
const MAX_FOR_DAYS = 30
const MAX_AFTER = 1000
const MAX_CONCURRENT = 100_000
const MAX_COST = 1_000_000
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

const cooldown = z.strictObject({
  after: z
    .int()
    .min(1)
    .max(MAX_AFTER)
    .meta({ description: 'So many refusals are too many: 1 to 1000.', examples: [5] }),
  within: duration()
    .refine((ms) => ms >= SECOND_MS && ms <= DAY_MS, 'from 1s to 1d')
    .meta({ description: 'In any time of this length: 1s to 1d.', examples: ['1m'] }),
  for: duration()
    .refine((ms) => ms >= SECOND_MS && ms <= MAX_FOR_DAYS * DAY_MS, 'from 1s to 30d')
    .meta({ description: 'How long the bucket is shut then: 1s to 30d.', examples: ['10m'] }),
})

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
    cooldown: cooldown.optional().meta({
      description:
        'A bucket that `rate`, `burst` or `quota` refused `after` times within `within` is shut for `for`, whatever they say by then.',
      examples: [{ after: 5, within: '1m', for: '10m' }],
    }),
    concurrent: z
      .int()
      .min(1)
      .max(MAX_CONCURRENT)
      .optional()
      .meta({
        description: 'The most requests that may be under way at once, counted by each replica for itself.',
        examples: [8],
      }),
    on_store_error: z
      .enum(['local', 'allow', 'deny'])
      .optional()
      .meta({
        description:
          'While the store of `redis` does not answer: `local` counts in this process, `allow` lets through, `deny` refuses. Default: local.',
        examples: ['deny'],
      }),
    accuracy: z
      .enum(['exact', 'leased'])
      .optional()
      .meta({
        description:
          'With `redis`: `exact` asks it for every request, `leased` takes a tenth of the smallest window in advance, shared by the `replicas`, and lets at most that much more through. Default: exact.',
        examples: ['leased'],
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

/** `cost` of a route or the defaults. */
export const costSchema = z
  .int()
  .min(1)
  .max(MAX_COST)
  .meta({
    description:
      'How much one request of the route is charged to each of its windows and quotas, 1 to 1000000. Default: 1.',
    examples: [10],
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
    cooldown: cooldownOf(settings.cooldown),
    concurrent: settings.concurrent ?? null,
    onStoreError: settings.on_store_error ?? 'local',
    accuracy: settings.accuracy ?? 'exact',
  })
}

function cooldownOf(settings: LimitSettings['cooldown']): Limit['cooldown'] {
  if (settings === undefined) return null
  return Object.freeze({ after: settings.after, withinMs: settings.within, forMs: settings.for })
}
