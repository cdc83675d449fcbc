import type { Charged, Limit } from '../../../src/core/limits.ts'
import type { Counters, Ports } from '../../../src/core/ports.ts'
import { ANONYMOUS, type Principal } from '../../../src/core/principal.ts'
import type { Verdict } from '../../../src/core/verdict.ts'
import type { Part, RouteEnv } from '../../../src/policies/define.ts'
import { limit } from '../../../src/policies/limit/index.ts'
import { limitOf, limitSettingsSchema } from '../../../src/policies/limit/schema.ts'
import type { FrontSlot } from '../../../src/policies/order.ts'
import { contextWith, envWith, portsWith } from '../request.ts'

export const NOON = Date.UTC(2026, 4, 15, 12)
export const KEY: Principal = { ...ANONYMOUS, kind: 'key', subject: 'ann', org: 'acme', keyId: 'acme-prod' }

const named = (settings: Record<string, unknown>): Map<string, Limit> =>
  new Map(
    Object.entries(settings).map(([name, value]) => [name, limitOf(name, limitSettingsSchema.parse(value))]),
  )

export const LIMITS = named({
  public: { by: 'ip', rate: '2/minute' },
  everyone: { by: ['route', 'global'], rate: '9/minute' },
  authenticated: { by: 'key', rate: '3/minute' },
  internal: { by: 'key', rate: '5/minute' },
  plan: { by: 'org', quota: '4/month', warn_at: ['50%'] },
  strict: { by: 'key', rate: '1/minute', cooldown: { after: 2, within: '1m', for: '10m' } },
  pair: { by: 'key', concurrent: 2 },
})

export const compiled = (list: string | string[] | undefined, parts: Partial<RouteEnv> = {}): Part =>
  limit.compile(list, envWith({ limits: LIMITS, ...parts }))
export const slotsOf = (part: Part) => (part.checks ?? []).map(({ slot }) => slot)

export interface Asking {
  readonly part: Part
  readonly ports: Ports
  principal?: Principal
  client?: string
  charged?: readonly Charged[]
}

export const portsOn = (counters: Counters, nowMs = NOON): Ports => ({ ...portsWith({ nowMs }), counters })

export function ask(slot: FrontSlot, asking: Asking): Verdict | Promise<Verdict> {
  const found = asking.part.checks?.find((entry) => entry.slot === slot)
  if (found === undefined) throw new Error(`nothing in ${slot}`)
  const context = contextWith({ client: asking.client ?? '192.0.2.1' }, asking.principal ?? KEY)
  return found.check.run({ ...context, charged: asking.charged ?? [] }, asking.ports)
}

export const chargedBy = (verdict: Verdict | Promise<Verdict>): readonly Charged[] =>
  (verdict as { learned: { charged: readonly Charged[] } }).learned.charged
export const namesOf = (verdict: Verdict | Promise<Verdict>) =>
  chargedBy(verdict).map(({ charge }) => charge.limit.name)
export const times = (count: number, run: () => unknown) => Array.from({ length: count }, run)
