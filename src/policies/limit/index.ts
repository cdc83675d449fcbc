import type { z } from 'zod'
import type { Limit } from '../../core/limits.ts'
import type { Check } from '../../core/policy.ts'
import { ANONYMOUS } from '../../core/principal.ts'
import { definePolicy, NO_PART, type Part, type RouteEnv } from '../define.ts'
import type { FrontSlot } from '../order.ts'
import { codesOfLimit, LIMIT_CODES } from './codes.ts'
import { decideLimits } from './decide.ts'
import { decisionFields } from './fields.ts'
import type { Plan } from './plan.ts'
import { RouteLimits } from './route-limits.ts'
import { limitListSchema } from './schema.ts'

/** Rates and quotas: how often one client, key, org … may ask. */
export const limit = definePolicy({
  name: 'limit',
  key: 'limits',
  schema: limitListSchema,
  codes: LIMIT_CODES,
  compile: compileLimits,
})

function compileLimits(settings: z.output<typeof limitListSchema> | undefined, env: RouteEnv): Part {
  const { limitHeaders: headers, cost } = env
  const charging = { headers, cost }
  const limits = new RouteLimits(limitsOf(settings ?? [], env), env.limits)
  const checks: ReturnType<typeof checkIn>[] = []
  if (limits.beforeAuth.length > 0) {
    checks.push(
      checkIn('limit_address', limits.beforeAuth, (context, ports) =>
        decideLimits(limits.beforeAuth, charging, context, ports),
      ),
    )
  }
  // Also on a route without limits: a key may bring its own.
  if (!env.anonymousOnly || limits.afterAuth(ANONYMOUS).length > 0) {
    checks.push(
      checkIn('limit', limits.afterAuth(ANONYMOUS), (context, ports) =>
        decideLimits(limits.afterAuth(context.principal), charging, context, ports),
      ),
    )
  }
  if (checks.length === 0) return NO_PART
  if (headers === 'off') return { checks }
  return { checks, decisionFields: (decision) => decisionFields(headers, decision) }
}

/** @param plans of the route's own limits; those that a key brings are not known here */
function checkIn(slot: FrontSlot, plans: readonly Plan[], run: Check) {
  const codes = [...new Set(plans.flatMap(({ limit }) => codesOfLimit(limit)))]
  return { slot, check: { name: 'limit', run, codes } } as const
}

function limitsOf(settings: string | readonly string[], env: RouteEnv): Limit[] {
  const isList = typeof settings !== 'string'
  const names = isList ? settings : [settings]
  return names.flatMap((name, i) => {
    const path = isList ? [i] : []
    const limit = env.limits.get(name)
    if (limit === undefined) env.problem(path, `there is no limit named ${name}`)
    else if (names.indexOf(name) < i) env.problem(path, `${name} is in the list twice`)
    else return [limit]
    return []
  })
}
