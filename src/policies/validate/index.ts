import type { Code } from '../../core/codes.ts'
import { definePolicy, NO_PART, type Part, type RouteEnv } from '../define.ts'
import { type BodyValidator, compileBodySchema } from './body-schema.ts'
import { decideValidate } from './decide.ts'
import type { ValidatePlan } from './plan.ts'
import { queryPlan } from './query.ts'
import { type ValidateSettings, validateSchema } from './schema.ts'

const DEFAULT_MAX_BYTES = 1024 * 1024

export const validate = definePolicy({
  name: 'validate',
  key: 'validate',
  schema: validateSchema,
  codes: ['body_too_large', 'body_invalid', 'media_type_refused', 'query_invalid'],
  compile: (settings, env) => (settings === undefined ? NO_PART : validatePart(settings, env)),
})

function validatePart(settings: ValidateSettings, env: RouteEnv): Part {
  const credentials = [...env.authenticators.values()].flatMap(({ query }) => query)
  const plan: ValidatePlan = {
    query: settings.query === undefined ? null : queryPlan(settings.query, credentials),
    maxBytes:
      settings.max_body ?? (settings.body === undefined ? Number.POSITIVE_INFINITY : DEFAULT_MAX_BYTES),
    body: settings.body === undefined ? null : readBodySchema(settings.body, env),
  }
  return {
    checks: [
      {
        slot: 'validate',
        check: {
          name: 'validate',
          run: (context, ports) => decideValidate(plan, context, ports),
          codes: codesOf(plan),
        },
      },
    ],
  }
}

/** @returns null when the schema is of no use, of which the user is told */
function readBodySchema(path: string, env: RouteEnv): BodyValidator | null {
  try {
    return compileBodySchema(env.readText(path))
  } catch (error) {
    env.problem(['body'], `${path}: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
}

function codesOf({ query, maxBytes, body }: ValidatePlan): Code[] {
  const codes: Code[] = []
  if (query !== null) codes.push('query_invalid')
  if (maxBytes !== Number.POSITIVE_INFINITY) codes.push('body_too_large')
  if (body !== null) codes.push('body_invalid', 'media_type_refused')
  return codes
}
