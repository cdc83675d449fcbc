import type { Code } from '../../core/codes.ts'
import { definePolicy, NO_PART, type Part, type RouteEnv } from '../define.ts'
import { decideScopes } from './decide.ts'
import { type ScopesSettings, scopesSchema } from './schema.ts'

export const scopes = definePolicy({
  name: 'scopes',
  key: 'allow',
  schema: scopesSchema,
  codes: ['scope_missing', 'role_missing', 'org_refused'],
  compile: (settings, env) => (settings === undefined ? NO_PART : scopesPart(settings, env)),
})

function scopesPart(settings: ScopesSettings, env: RouteEnv): Part {
  if (env.anonymousOnly) {
    env.problem([], 'nobody could meet `allow`: with `auth: none` no request has scopes, roles or an org')
  }
  return {
    checks: [
      {
        slot: 'scopes',
        check: {
          name: 'scopes',
          run: ({ principal }) => decideScopes(settings, principal),
          codes: codesOf(settings),
        },
      },
    ],
  }
}

function codesOf({ scopes: all, any_scope: any, roles, orgs }: ScopesSettings): Code[] {
  const codes: Code[] = []
  if (all !== undefined || any !== undefined) codes.push('scope_missing')
  if (roles !== undefined) codes.push('role_missing')
  if (orgs !== undefined) codes.push('org_refused')
  return codes
}
