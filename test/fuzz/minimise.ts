import { buildCase, type Plan, type Script } from './case.ts'
import type { Session } from './session.ts'

/** Runs that show nothing are this often tried: some findings hang on timing. */
const TRIES = 3

/** Drops mutations as long as the case, run alone, still shows something. */
export async function minimised(
  plan: Plan,
  session: Pick<Session, 'batch'>,
): Promise<{ plan: Plan; script: Script; repeats: boolean }> {
  if (!(await showsIn(plan, session))) return { plan, script: buildCase(plan), repeats: false }
  let smallest = plan
  for (let at = plan.mutations.length - 1; at >= 0; at--) {
    const candidate = { ...smallest, mutations: smallest.mutations.filter((_, i) => i !== at) }
    if (await showsIn(candidate, session)) smallest = candidate
  }
  return { plan: smallest, script: buildCase(smallest), repeats: true }
}

async function showsIn(plan: Plan, session: Pick<Session, 'batch'>): Promise<boolean> {
  const job = { script: buildCase(plan), isHonest: plan.mutations.length === 0 }
  for (let tries = 0; tries < TRIES; tries++) {
    const findings = await session.batch([job])
    if (findings.some(({ at }) => at !== null)) return true
  }
  return false
}
