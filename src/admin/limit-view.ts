import { z } from 'zod'
import type { StoreStatus } from '../adapters/counters-fallback.ts'
import type { LimitUse } from '../config/about.ts'
import type { BucketState, Limit, Window } from '../core/limits.ts'
import { isoTime, timeSchema } from './describe.ts'

const MAX_VALUE_LENGTH = 256
/** The longest text of an IPv6 address, and the `/64` under which it is counted. */
const MAX_ADDRESS_LENGTH = 48

const value = (description: string) =>
  z.string().min(1).max(MAX_VALUE_LENGTH).optional().meta({ description })

/** What names a bucket, in a query or a body. */
export const bucketValuesSchema = z.strictObject({
  ip: z
    .string()
    .min(1)
    .max(MAX_ADDRESS_LENGTH)
    .optional()
    .meta({ description: 'An address; an IPv6 one stands for its /64.' }),
  key: value('The id of a key, never the key itself.'),
  org: value('An organisation.'),
  subject: value('Whom a credential speaks for.'),
  route: value('The id of a route.'),
})

const windowSchema = z.object({
  rate: z.string().meta({ description: 'As the policy writes it, such as `60/minute`.' }),
  max: z.number(),
  window_ms: z.number().nullable().meta({ description: 'null for a calendar day or month.' }),
})

const limitSchema = z.object({
  name: z.string(),
  by: z.array(z.enum(['ip', 'key', 'org', 'subject', 'route', 'global'])),
  windows: z.array(windowSchema),
  cooldown: z.object({ after: z.number(), within_ms: z.number(), for_ms: z.number() }).nullable(),
  concurrent: z.number().nullable(),
  on_store_error: z.enum(['local', 'allow', 'deny']),
  warn_at: z.array(z.number()).meta({ description: 'Percent of the quota.' }),
  routes: z.array(z.string()).meta({ description: 'Ids of the routes that name it.' }),
  key_count: z.uint32().meta({ description: 'How many keys bring it along.' }),
})

const storeSchema = z.object({
  state: z.enum(['closed', 'open', 'half_open']).meta({ description: '`closed`: in use; else given up.' }),
  since: timeSchema,
  failures: z.number(),
  last_problem: z.string().nullable(),
  instead: z
    .object({ local: z.number(), allow: z.number(), deny: z.number() })
    .meta({ description: 'Charges that were not made in the store, by what was done instead.' }),
})

export const limitsSchema = z
  .object({
    limits: z.array(limitSchema),
    store: storeSchema
      .nullable()
      .meta({ description: 'How the shared store is; null when this process counts for itself.' }),
  })
  .meta({ description: 'The named limits of the policy in force.' })

const stateShape = {
  rate: z
    .string()
    .nullable()
    .meta({ description: 'The tightest window, or `8 at once` when the limit has none.' }),
  max: z.number().nullable(),
  remaining: z.number().nullable(),
  resets_at: timeSchema.nullable().meta({ description: 'When the window gives back what was spent.' }),
}

const countedInSchema = z.enum(['process', 'store', 'fallback']).meta({
  description: '`fallback`: the shared store is given up, and this is the count of the process that answers.',
})

export const bucketSchema = z
  .object({ limit: z.string(), bucket: z.string(), counted_in: countedInSchema, ...stateShape })
  .meta({ description: 'What is left in one bucket, by its tightest window.' })

export const resetSchema = z
  .object({
    limit: z.string(),
    bucket: z.string(),
    counted_in: countedInSchema,
    before: z.object(stateShape),
    after: z.object(stateShape),
  })
  .meta({ description: 'A bucket before it was cleared, and after.' })

export function shownLimit({ limit, routes, keyCount }: LimitUse): z.input<typeof limitSchema> {
  const { name, by, windows, cooldown, concurrent, onStoreError, warnAt } = limit
  return {
    name,
    by: [...by],
    windows: windows.map((window) => ({
      rate: rateOf(window),
      max: window.max,
      window_ms: window.kind === 'sliding' ? window.windowMs : null,
    })),
    cooldown: cooldown && {
      after: cooldown.after,
      within_ms: cooldown.withinMs,
      for_ms: cooldown.forMs,
    },
    concurrent,
    on_store_error: onStoreError,
    warn_at: warnAt.map((share) => Math.round(share * 100)),
    routes: [...routes],
    key_count: keyCount,
  }
}

export function shownStore(status: StoreStatus): z.input<typeof storeSchema> {
  const { name, sinceMs, failures, lastProblem, instead } = status
  return { state: name, since: isoTime(sinceMs), failures, last_problem: lastProblem, instead }
}

/** Where a bucket is counted now: places of `concurrent` never in a shared store. @param status null is no such store */
export function countedIn({ windows }: Limit, status: StoreStatus | null): z.input<typeof countedInSchema> {
  if (status === null || windows.length === 0) return 'process'
  return status.name === 'closed' ? 'store' : 'fallback'
}

/** What of a bucket is shown. */
export interface ShownState {
  readonly rate: string | null
  readonly max: number | null
  readonly remaining: number | null
  readonly resets_at: string | null
}

/** @param nowMs when it was read */
export function shownState({ windows, concurrent }: Limit, state: BucketState, nowMs: number): ShownState {
  const window = windows[state.window]
  if (window === undefined) return windows.length === 0 ? shownPlaces(concurrent, state) : NOTHING_KNOWN
  return {
    rate: rateOf(window),
    max: window.max,
    remaining: bounded(state.remaining, window.max),
    resets_at: isoTime(nowMs + bounded(state.resetMs, LONGEST_MS)),
  }
}

const NOTHING_KNOWN: ShownState = Object.freeze({
  rate: null,
  max: null,
  remaining: null,
  resets_at: null,
})

/** Nobody knows when a request will be over. */
function shownPlaces(max: number | null, { remaining }: BucketState): ShownState {
  if (max === null) return NOTHING_KNOWN
  return { rate: `${max} at once`, max, remaining: bounded(remaining, max), resets_at: null }
}

/** One line for the audit. */
export function stateText({ rate, remaining }: ShownState): string {
  return rate === null ? 'no window' : `${remaining} left of ${rate}`
}

/** Longer than any window; a cooldown may be as long as somebody likes. */
const LONGEST_MS = 3660 * 86_400_000

/** A shared store is another program: its numbers need not be what they should. */
function bounded(number: number, max: number): number {
  return number > 0 ? Math.min(Math.ceil(number), max) : 0
}

const PERIODS: Readonly<Record<number, string>> = {
  1000: 'second',
  60000: 'minute',
  3600000: 'hour',
  86400000: 'day',
}

/** As `rate`, `burst` or `quota` writes it. */
function rateOf(window: Window): string {
  if (window.kind === 'calendar') return `${window.max}/${window.unit}`
  return `${window.max}/${PERIODS[window.windowMs] ?? `${window.windowMs}ms`}`
}
