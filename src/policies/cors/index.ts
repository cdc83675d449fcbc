import { pass } from '../../core/verdict.ts'
import { definePolicy, NO_PART, type Part, type RouteEnv } from '../define.ts'
import { type Allowed, type CorsPlan, decideCors } from './decide.ts'
import { isWildcard, wildcardOrigin } from './origins.ts'
import { type CorsSettings, corsSchema } from './schema.ts'

const ANY = '*'
const NULL = 'null'
const MS_PER_SECOND = 1000

/** Fields of the CORS protocol in replies (Fetch 3.2.3, Private Network Access): the API's own are replaced. */
const REPLY_NAMES: readonly string[] = Object.freeze([
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-private-network',
  'access-control-expose-headers',
  'access-control-max-age',
])

export const cors = definePolicy({
  name: 'cors',
  key: 'cors',
  schema: corsSchema,
  codes: ['origin_refused'],
  compile: (settings, env) => (settings === undefined ? NO_PART : corsPart(settings, env)),
})

function corsPart(settings: CorsSettings, env: RouteEnv): Part {
  tellProblems(settings, env)
  const plan = planOf(settings, env)
  return {
    checks: [
      {
        slot: 'cors',
        check: { name: 'cors', run: ({ facts }) => decideCors(plan, facts), codes: ['origin_refused'] },
      },
    ],
    // A reply that depends on the origin says so, whoever asked: a cache would give it to the next one (Fetch 3.2.7).
    reply: { drop: REPLY_NAMES, set: plan.any === null ? ['vary', 'Origin'] : [] },
  }
}

function tellProblems({ origins, credentials }: CorsSettings, env: RouteEnv): void {
  if (credentials && origins.includes(ANY)) {
    env.problem(['origins'], '"*" with `credentials: true` would let every web page act as the user')
  }
  if (credentials && origins.includes(NULL)) {
    env.problem(['origins'], 'any page can make a frame whose origin is null: not with `credentials: true`')
  }
  if (origins.includes(ANY) && origins.length > 1) {
    env.problem(['origins'], '"*" already allows every other origin of the list')
  }
}

function planOf(settings: CorsSettings, env: RouteEnv): CorsPlan {
  const { origins } = settings
  const allow = (origin: string): Allowed => allowedFor(originFields(origin, settings))
  const exact = origins.filter((origin) => origin !== ANY && !isWildcard(origin))
  const methods = settings.methods ?? env.methods
  return {
    exact: new Map(exact.map((origin) => [origin, allow(origin)])),
    wildcards: origins.filter(isWildcard).map(wildcardOrigin),
    any: origins.includes(ANY) ? allow(ANY) : null,
    allow,
    methods: new Set(methods),
    headers:
      settings.headers === undefined ? null : new Set(settings.headers.map((name) => name.toLowerCase())),
    preflightFields: preflightFields(settings, methods),
  }
}

function allowedFor(fields: readonly string[]): Allowed {
  return Object.freeze({ fields, verdict: Object.freeze(pass(Object.freeze({ replyHeaders: fields }))) })
}

function originFields(origin: string, settings: CorsSettings): readonly string[] {
  const fields = ['access-control-allow-origin', origin]
  if (settings.credentials) fields.push('access-control-allow-credentials', 'true')
  if (settings.expose_headers !== undefined) {
    fields.push('access-control-expose-headers', settings.expose_headers.join(', '))
  }
  return Object.freeze(fields)
}

function preflightFields(settings: CorsSettings, methods: readonly string[]): readonly string[] {
  const fields = ['access-control-allow-methods', methods.join(', ')]
  if (settings.headers === undefined) fields.push('vary', 'Access-Control-Request-Headers')
  else if (settings.headers.length > 0)
    fields.push('access-control-allow-headers', settings.headers.join(', '))
  fields.push('access-control-max-age', String(Math.floor(settings.max_age / MS_PER_SECOND)))
  return Object.freeze(fields)
}
