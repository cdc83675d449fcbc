import type { Principal } from '../../core/principal.ts'
import { PASS, refuse, type Verdict } from '../../core/verdict.ts'
import type { ScopesSettings } from './schema.ts'

/** Each list that is written must be met; the first that is not gives the code. */
export function decideScopes(allow: ScopesSettings, principal: Principal): Verdict {
  const missing = allow.scopes?.find((scope) => !principal.scopes.includes(scope))
  if (missing !== undefined) return refuse('scope_missing', `scope ${missing} is missing`)
  if (allow.any_scope !== undefined && !meet(allow.any_scope, principal.scopes)) {
    return refuse('scope_missing', `none of the scopes ${allow.any_scope.join(', ')} is held`)
  }
  if (allow.roles !== undefined && !meet(allow.roles, principal.roles)) {
    return refuse('role_missing', `none of the roles ${allow.roles.join(', ')} is held`)
  }
  if (allow.orgs !== undefined && !allow.orgs.includes(principal.org)) {
    return refuse(
      'org_refused',
      `org ${JSON.stringify(principal.org)} is not one of ${allow.orgs.join(', ')}`,
    )
  }
  return PASS
}

function meet(wanted: readonly string[], held: readonly string[]): boolean {
  return wanted.some((name) => held.includes(name))
}
