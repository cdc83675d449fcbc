import type { Check } from '../../core/policy.ts'
import type { Principal } from '../../core/principal.ts'
import { type Pass, pass } from '../../core/verdict.ts'
import { definePolicy, type IdentityNames, type Part, type RouteEnv } from '../define.ts'
import { identityFields } from './decide.ts'
import { identitySchema } from './schema.ts'

/** The setting itself is `RouteEnv.forwardCredential`, which auth obeys: it knows where credentials are. */
export const identity = definePolicy({
  name: 'identity',
  key: 'forward_credential',
  schema: identitySchema,
  codes: [],
  compile: (_settings, env) => identityPart(env),
})

function identityPart({ identity: names }: RouteEnv): Part {
  const used = Object.values(names).filter((name): name is string => name !== null)
  return {
    // A client's own copies never pass, on public routes too (CVE-2025-29927 and its kin).
    request: { drop: used },
    checks: [{ slot: 'identity', check: { name: 'identity', run: tellIdentity(names) } }],
  }
}

/** Principals of keys live as long as their policy, so their fields are made once. */
function tellIdentity(names: IdentityNames): Check {
  const known = new WeakMap<Principal, Pass>()
  return function checkIdentity({ principal }) {
    const before = known.get(principal)
    if (before !== undefined) return before
    const verdict = Object.freeze(pass(Object.freeze({ upstreamHeaders: identityFields(names, principal) })))
    known.set(principal, verdict)
    return verdict
  }
}
