import type { BucketState, Charge, Charged, ChargeResult, Limit, Window } from '../../core/limits.ts'
import type { Context } from '../../core/policy.ts'
import type { Ports } from '../../core/ports.ts'
import { pass, refuse, SKIP, type Verdict } from '../../core/verdict.ts'
import type { LIMIT_CODES } from './codes.ts'
import { type LimitHeaders, limitFields } from './fields.ts'
import type { Plan } from './plan.ts'

/** What the route says of its limits. */
export interface Charging {
  readonly headers: LimitHeaders
  /** What one request is charged, a positive integer. */
  readonly cost: number
}

/** What one request asks of the counters, kept while they answer. */
interface Asked {
  readonly plans: readonly Plan[]
  readonly charges: readonly Charge[]
  readonly atMs: number
  readonly headers: LimitHeaders
}

/**
 * Charges the request to all these limits, or to none. When they refuse, what an earlier phase charged is given back.
 * @returns at once when the counters answer at once
 */
export function decideLimits(
  plans: readonly Plan[],
  { headers, cost }: Charging,
  context: Context,
  ports: Ports,
): Verdict | Promise<Verdict> {
  if (plans.length === 0) return SKIP
  const asked = { plans, charges: chargesOf(plans, cost, context), atMs: ports.clock.nowMs(), headers }
  const result = ports.counters.charge(asked.charges, asked.atMs)
  return result instanceof Promise
    ? judgeLater(asked, result, context, ports)
    : judge(asked, result, context, ports)
}

async function judgeLater(
  asked: Asked,
  pending: Promise<ChargeResult>,
  context: Context,
  ports: Ports,
): Promise<Verdict> {
  return judge(asked, await pending, context, ports)
}

function judge(asked: Asked, result: ChargeResult, context: Context, ports: Ports): Verdict {
  if (result.refused !== -1) return refuseAndRefund(asked, result, context, ports)
  const charged = chargedOf(asked, result)
  const { warnings } = result
  if (warnings.length === 0) return pass({ charged })
  return pass({ charged, warnings, note: `warn ${warnings.join(', ')}` })
}

function chargesOf(plans: readonly Plan[], cost: number, context: Context): Charge[] {
  const charges: Charge[] = []
  for (const { limit, keyOf } of plans) charges.push({ limit, key: keyOf(context), cost })
  return charges
}

function chargedOf({ charges, atMs }: Asked, { states }: ChargeResult): Charged[] {
  const charged: Charged[] = []
  for (let i = 0; i < charges.length; i++) {
    charged.push({ charge: charges[i] as Charge, state: states[i] as BucketState, atMs })
  }
  return charged
}

/** Gives back the windows at once; places stay taken until the request is over, which in report mode is later. */
function refuseAndRefund(asked: Asked, result: ChargeResult, context: Context, ports: Ports): Verdict {
  for (const { charge, atMs } of context.charged) ports.counters.refund([charge], atMs)
  const { limit, bucketOf } = asked.plans[result.refused] as Plan
  const { code, why } = reasonOf(limit, bucketOf(context), result)
  const retryAfterS = Math.max(1, Math.ceil(result.retryAfterMs / 1000))
  // Who did not look at the windows has no states to tell.
  const states = result.states.length === 0 ? [] : chargedOf(asked, result)
  const told = [...context.charged.map(givenBack), ...states]
  return refuse(code, `limit ${limit.name}: ${why}`, [
    'retry-after',
    `${retryAfterS}`,
    ...limitFields(asked.headers, told, retryAfterS),
  ])
}

interface Reason {
  readonly code: (typeof LIMIT_CODES)[number]
  readonly why: string
}

function reasonOf(
  limit: Limit,
  bucket: string,
  { refused, cause, retryAfterMs, states }: ChargeResult,
): Reason {
  switch (cause) {
    case 'cooldown':
      return { code: 'cooldown', why: `${bucket} is shut for ${retryAfterMs} ms more` }
    case 'concurrent':
      return {
        code: 'concurrency_exceeded',
        why: `${limit.concurrent} requests of ${bucket} are under way at once`,
      }
    case 'unavailable':
      return { code: 'limit_unavailable', why: 'the store does not answer, and `on_store_error` is deny' }
    case 'window': {
      const window = limit.windows[(states[refused] as BucketState).window] as Window
      return {
        code: window.kind === 'sliding' ? 'rate_limited' : 'quota_exhausted',
        why: `${textOf(window)} used up by ${bucket}; free in ${retryAfterMs} ms`,
      }
    }
  }
}

function givenBack({ charge, state, atMs }: Charged): Charged {
  return { charge, state: { ...state, remaining: state.remaining + charge.cost }, atMs }
}

function textOf(window: Window): string {
  return window.kind === 'sliding'
    ? `${window.max} in ${window.windowMs} ms`
    : `${window.max} in a ${window.unit}`
}
