import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { StoreStatus } from '../adapters/counters-fallback.ts'
import type { Log } from '../adapters/log.ts'
import { canonicalAddress } from '../core/address.ts'
import type { Limit } from '../core/limits.ts'
import type { CounterStore } from '../core/ports.ts'
import { holdsKey } from '../policies/key/format.ts'
import { type BucketValues, bucketKeyFor } from '../policies/limit/bucket.ts'
import type { BucketValue } from '../policies/limit/plan.ts'
import { answers, jsonOf } from './describe.ts'
import {
  bucketSchema,
  bucketValuesSchema,
  countedIn,
  limitsSchema,
  resetSchema,
  type ShownState,
  shownLimit,
  shownState,
  shownStore,
  stateText,
} from './limit-view.ts'
import { auditOrder, type OrderParts, whyOf } from './order.ts'
import type { PolicyParts } from './policy.ts'
import { refuse } from './problem.ts'

export interface LimitParts extends OrderParts, Pick<PolicyParts, 'current'> {
  readonly counters: Pick<CounterStore, 'read' | 'reset'>
  /** How the shared store is; absent when this process counts for itself. */
  readonly store?: (() => StoreStatus) | undefined
  readonly log: Log
}

/** One bucket of a limit in force. */
interface Bucket {
  readonly limit: Limit
  readonly key: string
  readonly bucket: string
}

type Params = { readonly name: string }
const params = jsonOf(z.object({ name: z.string() }))
const REFUSALS = { 404: 'There is no such limit.', 503: 'The shared store does not answer.' } as const

/** `/limits`: what is limited, what is left in a bucket, and the order to clear one. */
export function limitRoutes(app: FastifyInstance, parts: LimitParts): void {
  getLimits(app, parts)
  getBucket(app, parts)
  postReset(app, parts)
}

function getLimits(app: FastifyInstance, { current, store }: LimitParts): void {
  app.get(
    '/limits',
    { schema: { summary: 'The named limits', response: answers(jsonOf(limitsSchema)) } },
    async (): Promise<z.input<typeof limitsSchema>> => ({
      limits: [...current.loaded.about.limits.values()].map(shownLimit),
      store: store === undefined ? null : shownStore(store()),
    }),
  )
}

function getBucket(app: FastifyInstance, parts: LimitParts): void {
  const schema = {
    summary: 'What is left in a bucket; asking spends nothing',
    params,
    querystring: jsonOf(bucketValuesSchema),
    response: answers(jsonOf(bucketSchema), REFUSALS),
  }
  app.get<{ Params: Params; Querystring: BucketValues }>(
    '/limits/:name',
    { schema },
    async (request, reply) => {
      const found = bucketOf(parts, request.params.name, request.query)
      if ('problem' in found) return refuse(reply, found.code ?? 'query_invalid', { detail: found.problem })
      const { limit, bucket } = found
      return {
        limit: limit.name,
        bucket,
        ...(await stateOf(parts, found)),
        counted_in: placeIn(parts, limit),
      }
    },
  )
}

function postReset(app: FastifyInstance, parts: LimitParts): void {
  const schema = {
    summary: 'Clear a bucket',
    params,
    body: jsonOf(bucketValuesSchema),
    response: answers(jsonOf(resetSchema), { ...REFUSALS, 422: 'The body does not name a bucket.' }),
  }
  app.post<{ Params: Params; Body: BucketValues }>(
    '/limits/:name/reset',
    { schema },
    async (request, reply) => {
      const found = bucketOf(parts, request.params.name, request.body)
      if ('problem' in found) return refuse(reply, found.code ?? 'body_invalid', { detail: found.problem })
      return await resetFor(request, parts, found)
    },
  )
}

interface Mistake {
  /** Absent: the values are wrong. */
  readonly code?: 'no_route'
  readonly problem: string
}

/** The bucket that is asked for, or what is wrong with the question. */
function bucketOf({ current }: LimitParts, name: string, given: BucketValues): Bucket | Mistake {
  const { policy, about } = current.loaded
  const limit = about.limits.get(name)?.limit
  if (limit === undefined) return { code: 'no_route', problem: 'There is no limit of this name.' }
  // The name of the bucket is in the answer, and of a reset in the log and the audit.
  if (Object.values(given).some(holdsKey)) return { problem: 'This is a key itself: name it by its id.' }
  const values = given.ip === undefined ? given : { ...given, ip: addressOf(given.ip) }
  if (values.ip === '') return { problem: '`ip` is no address.' }
  if (given.route !== undefined && !policy.routes.some(({ id }) => id === given.route)) {
    return { problem: '`route` is no route of the policy in force.' }
  }
  const named = bucketKeyFor(limit, values)
  if (named.key !== null) return { limit, key: named.key, bucket: named.bucket }
  return { problem: mistakeIn(limit, named.missing, named.unused) }
}

/** Audit lines name IPv6 clients by their /64, so that form is taken, too. @returns '' when it is no address */
function addressOf(text: string): string {
  const address = text.includes(':') && text.endsWith('/64') ? text.slice(0, -3) : text
  return canonicalAddress(address) ?? ''
}

function mistakeIn(
  { name, by }: Limit,
  missing: readonly BucketValue[],
  unused: readonly BucketValue[],
): string {
  const counts = `The limit ${name} counts by ${by.join(', ')}`
  if (missing.length === 0) return `${counts}: leave out ${quoted(unused)}.`
  const isAddress = missing.every((one) => one === 'ip' || one === 'route')
  const instead = isAddress ? '' : ', or `ip` for who shows no credential'
  return `${counts}: give ${quoted(missing)}${instead}.`
}

const quoted = (names: readonly string[]): string => names.map((one) => `\`${one}\``).join(', ')

const placeIn = ({ store }: LimitParts, limit: Limit) => countedIn(limit, store?.() ?? null)

async function stateOf({ counters }: LimitParts, { limit, key }: Bucket): Promise<ShownState> {
  const nowMs = Date.now()
  return shownState(limit, await counters.read(limit, key, nowMs), nowMs)
}

/** Clears a bucket, with one line in the log and one in the audit; the audit has it also when it fails. */
async function resetFor(request: FastifyRequest, parts: LimitParts, found: Bucket) {
  const { limit, key, bucket } = found
  const before = await stateOf(parts, found)
  let good = false
  let after: ShownState | null = null
  try {
    await parts.counters.reset(key)
    good = true
    after = await stateOf(parts, found)
  } finally {
    tellReset(request, parts, { limit, bucket, good, before, after })
  }
  return { limit: limit.name, bucket, counted_in: placeIn(parts, limit), before, after }
}

interface Told {
  readonly limit: Limit
  readonly bucket: string
  readonly good: boolean
  readonly before: ShownState
  /** null: not known. */
  readonly after: ShownState | null
}

function tellReset(request: FastifyRequest, parts: LimitParts, told: Told): void {
  const { bucket, good, before, after } = told
  const limit = told.limit.name
  const { log } = parts
  const why = whyOf(request, parts.token)
  if (good) log.info('limit reset', { limit, bucket, why })
  else log.error('limit not reset', { limit, bucket, why })
  auditOrder(request, parts, {
    action: 'limit.reset',
    good,
    limit,
    bucket,
    counted_in: placeIn(parts, told.limit),
    before: stateText(before),
    after: after === null ? null : stateText(after),
  })
}
