import type { Code } from '../../core/codes.ts'
import type { Check } from '../../core/policy.ts'
import { PASS } from '../../core/verdict.ts'
import { definePolicy, NO_PART, type Part, type RouteEnv } from '../define.ts'
import type { Authenticator } from './authenticator.ts'
import { decideAuth } from './decide.ts'
import type { AuthPlan } from './plan.ts'
import { type AuthSettings, authSchema } from './schema.ts'

const ANONYMOUS_NAME = 'none'
const AUTHORIZATION = 'authorization'

export const auth = definePolicy({
  name: 'auth',
  key: 'auth',
  schema: authSchema,
  codes: [
    'key_missing',
    'key_invalid',
    'key_expired',
    'key_revoked',
    'key_route_refused',
    'credential_ambiguous',
  ],
  compile: (settings, env) => {
    if (settings !== undefined) return authPart(settings, env)
    // Silence must not mean "everybody".
    env.problem([], 'write `auth`: the names of authenticators, or `none` to let everybody in')
    return NO_PART
  },
})

function authPart(settings: AuthSettings, env: RouteEnv): Part {
  const names = typeof settings === 'string' ? [settings] : settings
  const authenticators = findAll(names, env, typeof settings === 'string')
  const plan: AuthPlan = {
    authenticators,
    anonymous: names.includes(ANONYMOUS_NAME),
    challenge: challengeOf(authenticators),
  }
  return {
    checks: [{ slot: 'auth', check: { name: 'auth', run: checkOf(plan), codes: codesOf(plan) } }],
    request: stripped(plan, env),
  }
}

function checkOf(plan: AuthPlan): Check {
  if (plan.authenticators.length === 0 && plan.anonymous) return () => PASS
  return (context, ports) => decideAuth(plan, context, ports)
}

function codesOf({ authenticators, anonymous }: AuthPlan): Code[] {
  if (authenticators.length === 0) return []
  const own = [...new Set(authenticators.flatMap(({ codes }) => codes))]
  return [...(anonymous ? [] : ['key_missing' as const]), 'credential_ambiguous', ...own]
}

function findAll(names: readonly string[], env: RouteEnv, single: boolean): readonly Authenticator[] {
  return names.flatMap((name, index) => {
    const path = single ? [] : [index]
    if (names.indexOf(name) !== index) env.problem(path, `${name} is written twice`)
    else if (name !== ANONYMOUS_NAME) {
      const found = env.authenticators.get(name)
      if (found !== undefined) return [found]
      env.problem(path, `no authenticator has the name ${name}; there are: ${known(env)}`)
    }
    return []
  })
}

function known(env: RouteEnv): string {
  return [...env.authenticators.keys(), ANONYMOUS_NAME].join(', ')
}

function challengeOf(authenticators: readonly Authenticator[]): readonly string[] {
  const challenges = new Set(authenticators.flatMap(({ challenge }) => challenge.split(', ')))
  return challenges.size === 0 ? [] : ['www-authenticate', [...challenges].join(', ')]
}

/**
 * Credentials for the gate stay at the gate: a key in a header or parameter of any authenticator never gets to the API,
 * not even by a public route. `authorization` may be the API's own business, so only a route whose authenticators
 * read it takes it away.
 */
function stripped(plan: AuthPlan, env: RouteEnv): NonNullable<Part['request']> {
  if (env.forwardCredential) return {}
  const all = [...env.authenticators.values()]
  const elsewhere = all.flatMap(({ headers }) => headers).filter((name) => name !== AUTHORIZATION)
  const here = plan.authenticators.flatMap(({ headers }) => headers)
  return {
    drop: [...new Set([...elsewhere, ...here])],
    dropQuery: [...new Set(all.flatMap(({ query }) => query))],
  }
}
