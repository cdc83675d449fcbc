import type { Context } from '../../core/policy.ts'
import type { Claim, Ports } from '../../core/ports.ts'
import { pass, refuse, type Verdict } from '../../core/verdict.ts'
import { type AuthPlan, withoutCredential } from './plan.ts'

/** Judges who a request is said to be from, with the outcome that showing the credential itself would have. */
export function decideClaim(claim: Claim, plan: AuthPlan, context: Context, ports: Ports): Verdict {
  switch (claim.kind) {
    case 'none':
      return withoutCredential(plan)
    case 'unknown':
      return refuse('key_invalid', 'a credential that nobody knows')
    case 'ambiguous':
      return refuse('credential_ambiguous', 'two credentials')
    case 'principal':
      return pass({ principal: claim.principal })
    case 'key':
      return judgeKey(claim, plan, context, ports)
  }
}

type KeyClaim = Extract<Claim, { readonly kind: 'key' }>

function judgeKey({ id, authenticator }: KeyClaim, plan: AuthPlan, context: Context, ports: Ports): Verdict {
  const asked = plan.authenticators.find(({ name }) => authenticator === null || name === authenticator)
  // Shown where this route does not look.
  return asked === undefined ? withoutCredential(plan) : asked.judgeId(id, context, ports)
}
