import { CODES } from '../../core/codes.ts'
import type { Context } from '../../core/policy.ts'
import type { Ports } from '../../core/ports.ts'
import { type Refuse, refuse, type Verdict } from '../../core/verdict.ts'
import type { Authenticator } from './authenticator.ts'
import { decideClaim } from './claim.ts'
import { type AuthPlan, withoutCredential } from './plan.ts'

interface Found {
  readonly authenticator: Authenticator
  readonly text: string
}

/**
 * Finds the one credential of the request and has it judged. A credential that is shown is never overlooked: a bad one
 * refuses even where anonymous requests are welcome, and the next authenticator is asked only about the same text.
 */
export function decideAuth(plan: AuthPlan, context: Context, ports: Ports): Verdict | Promise<Verdict> {
  if (ports.claim !== undefined) return withChallenge(decideClaim(ports.claim, plan, context, ports), plan)
  const found: Found[] = []
  for (const authenticator of plan.authenticators) {
    const shown = authenticator.find(context.facts)
    if (shown.kind === 'none') continue
    if (shown.kind === 'many') return ambiguous(`two credentials for ${authenticator.name}`)
    const other = found.find((before) => !isSame(before, authenticator, shown.text))
    if (other !== undefined)
      return ambiguous(`credentials for ${other.authenticator.name} and ${authenticator.name}`)
    found.push({ authenticator, text: shown.text })
  }
  if (found.length > 0) return judge(found, 0, plan, context, ports)
  return withChallenge(withoutCredential(plan), plan)
}

function ambiguous(why: string): Refuse {
  return refuse('credential_ambiguous', why)
}

/** Two authenticators may read one place, e.g. both `bearer`: that is one credential, seen twice. */
function isSame(before: Found, authenticator: Authenticator, text: string): boolean {
  if (before.text !== text) return false
  const { headers, query } = before.authenticator
  return (
    headers.some((name) => authenticator.headers.includes(name)) ||
    query.some((name) => authenticator.query.includes(name))
  )
}

function judge(
  found: readonly Found[],
  index: number,
  plan: AuthPlan,
  context: Context,
  ports: Ports,
): Verdict | Promise<Verdict> {
  const candidate = found[index]
  if (candidate === undefined)
    return refuse('key_invalid', 'no authenticator knows this kind', plan.challenge)
  const settle = (verdict: Verdict): Verdict | Promise<Verdict> =>
    verdict.kind === 'skip' ? judge(found, index + 1, plan, context, ports) : withChallenge(verdict, plan)
  const verdict = candidate.authenticator.judge(candidate.text, context, ports)
  return verdict instanceof Promise ? verdict.then(settle) : settle(verdict)
}

function withChallenge(verdict: Verdict, plan: AuthPlan): Verdict {
  if (verdict.kind !== 'refuse' || CODES[verdict.code].status !== 401) return verdict
  return { ...verdict, headers: [...verdict.headers, ...plan.challenge] }
}
