import type { Test } from 'tap'
import type { AdminParts } from '../../src/admin/server.ts'
import type { Limit } from '../../src/core/limits.ts'
import { ANONYMOUS } from '../../src/core/principal.ts'
import { planOf } from '../../src/policies/limit/plan.ts'
import { contextWith } from '../policies/request.ts'
import { type Answer, adminScene, JSON_POST, policyText, type Scene } from './scene.ts'

const LIMITS = `limits:
  public: { by: ip, rate: 10/minute, burst: 4/second }
  customer: { by: key, rate: 60/minute }
  plan: { by: [org, route], quota: 5/month, warn_at: [80%] }
  everyone: { by: global, rate: 5000/hour }
`
export const LIMITS_POLICY = policyText(LIMITS)
  .replace('auth: none }\nroutes', 'auth: none, limits: [public] }\nroutes')
  .replace('auth: [key]\n', 'auth: [key]\n    limits: [public, plan]\n')
  .replace('keys: [{ id: one,', 'keys: [{ id: one, limits: [customer],')

export const limitsScene = (t: Test, others: Partial<Pick<AdminParts, 'counters' | 'store'>> = {}) =>
  adminScene(t, LIMITS_POLICY, '127.0.0.1', others)
export const limitOf = ({ current }: Scene, name: string): Limit => {
  const use = current.loaded.about.limits.get(name)
  if (use === undefined) throw new Error(`no limit ${name}`)
  return use.limit
}

interface Who {
  readonly client?: string
  readonly keyId?: string
  readonly org?: string
  readonly subject?: string
}

/** Charges as a live request would. */
export function charge(
  scene: Scene,
  name: string,
  { client = '192.0.2.1', ...principal }: Who = {},
  cost = 1,
) {
  const limit = limitOf(scene, name)
  const context = contextWith({ client }, { ...ANONYMOUS, ...principal })
  const key = planOf(limit).keyOf({ ...context, route: { ...context.route, id: 'closed' } })
  const result = scene.counters.charge([{ limit, key, cost }], Date.now())
  if (result.refused !== -1) throw new Error('refused')
}

export const shownAt = async ({ ask }: Scene, path: string) => JSON.parse((await ask(path)).text)
export const reset = ({ ask }: Scene, name: string, values: object): Promise<Answer> =>
  ask(`/limits/${name}/reset`, { ...JSON_POST, body: JSON.stringify(values) })
