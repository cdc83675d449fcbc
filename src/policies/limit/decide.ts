import type { BucketState, Charge, Charged, ChargeResult, Window } from '../../core/limits.ts'
import type { Context } from '../../core/policy.ts'
import type { Ports } from '../../core/ports.ts'
import { pass, refuse, SKIP, type Verdict } from '../../core/verdict.ts'
import { type LimitHeaders, limitFields } from './fields.ts'
import type { Plan } from './plan.ts'

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
  headers: LimitHeaders,
  context: Context,
  ports: Ports,
): Verdict | Promise<Verdict> {
  if (plans.length === 0) return SKIP
  const asked = { plans, charges: chargesOf(plans, context), atMs: ports.clock.nowMs(), headers }
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
  const charged = chargedOf(asked, result)
  if (result.refused !== -1) return refuseAndRefund(asked, charged, result, context, ports)
  const { warnings } = result
  if (warnings.length === 0) return pass({ charged })
  return pass({ charged, warnings, note: `warn ${warnings.join(', ')}` })
}

function chargesOf(plans: readonly Plan[], context: Context): Charge[] {
  const charges: Charge[] = []
  for (const { limit, keyOf } of plans) charges.push({ limit, key: keyOf(context), cost: 1 })
  return charges
}

function chargedOf({ charges, atMs }: Asked, { states }: ChargeResult): Charged[] {
  const charged: Charged[] = []
  for (let i = 0; i < charges.length; i++) {
    charged.push({ charge: charges[i] as Charge, state: states[i] as BucketState, atMs })
  }
  return charged
}

function refuseAndRefund(
  asked: Asked,
  states: readonly Charged[],
  { refused, retryAfterMs }: ChargeResult,
  context: Context,
  ports: Ports,
): Verdict {
  for (const { charge, atMs } of context.charged) ports.counters.refund([charge], atMs)
  const { state } = states[refused] as Charged
  const { limit, bucketOf } = asked.plans[refused] as Plan
  const window = limit.windows[state.window] as Window
  const retryAfterS = Math.max(1, Math.ceil(retryAfterMs / 1000))
  const told = [...context.charged.map(givenBack), ...states]
  return refuse(
    window.kind === 'sliding' ? 'rate_limited' : 'quota_exhausted',
    `limit ${limit.name}: ${textOf(window)} used up by ${bucketOf(context)}; free in ${retryAfterMs} ms`,
    ['retry-after', `${retryAfterS}`, ...limitFields(asked.headers, told, retryAfterS)],
  )
}

function givenBack({ charge, state, atMs }: Charged): Charged {
  return { charge, state: { ...state, remaining: state.remaining + charge.cost }, atMs }
}

function textOf(window: Window): string {
  return window.kind === 'sliding'
    ? `${window.max} in ${window.windowMs} ms`
    : `${window.max} in a ${window.unit}`
}
