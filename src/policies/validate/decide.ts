import { type Facts, hasBody } from '../../core/facts.ts'
import type { Context } from '../../core/policy.ts'
import type { Ports } from '../../core/ports.ts'
import { PASS, pass, refuse, type Verdict } from '../../core/verdict.ts'
import type { BodyValidator } from './body-schema.ts'
import { JsonRefused, parseJson } from './json.ts'
import { lackOfBody, tooLarge, type ValidatePlan } from './plan.ts'
import { judgeQuery } from './query.ts'
import { decideUnseen } from './unseen.ts'

const JSON_TYPE =
  /^application\/(?:[a-z0-9!#$&^_.+-]{1,100}\+)?json[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/i

/** The cheap questions first; a body is read only when nothing else refuses. */
export function decideValidate(
  plan: ValidatePlan,
  context: Context,
  ports: Ports,
): Verdict | Promise<Verdict> {
  const { facts } = context
  if (ports.unseen !== undefined) return decideUnseen(plan, facts, ports.unseen)
  const refusal = plan.query === null ? null : judgeQuery(plan.query, facts.query)
  if (refusal !== null) return refusal
  if (facts.bodyBytes !== null && facts.bodyBytes > plan.maxBytes) return tooLarge(plan.maxBytes)
  if (plan.body !== null) return decideBody(plan.body, plan.maxBytes, facts, ports)
  return facts.bodyBytes === null ? capped(plan.maxBytes) : PASS
}

/** A chunked body tells its length only at its end, so whoever streams it has to count. */
function capped(maxBytes: number): Verdict {
  return maxBytes === Number.POSITIVE_INFINITY ? PASS : pass({ maxBodyBytes: maxBytes })
}

function decideBody(
  validate: BodyValidator,
  maxBytes: number,
  facts: Facts,
  ports: Ports,
): Verdict | Promise<Verdict> {
  if (!hasBody(facts)) return lackOfBody(facts) ?? PASS
  const problem = mediaProblem(facts.fields)
  if (problem !== null) return refuse('media_type_refused', problem)
  return ports.body
    .read(maxBytes)
    .then((bytes) => (bytes === null ? tooLarge(maxBytes) : judgeBody(validate, bytes)))
}

function judgeBody(validate: BodyValidator, bytes: Uint8Array): Verdict {
  try {
    const why = validate(parseJson(bytes))
    return why === null ? PASS : refuse('body_invalid', why)
  } catch (error) {
    if (error instanceof JsonRefused) return refuse('body_invalid', error.message)
    throw error
  }
}

/** The API must read the body as what was judged: one media type, JSON, and no coding that hides other bytes. */
function mediaProblem(fields: readonly string[]): string | null {
  const types = valuesOf(fields, 'content-type')
  if (types.length !== 1) return `${types.length} content-type fields`
  if (!JSON_TYPE.test(types[0] as string)) return 'the content-type is not JSON in UTF-8'
  return valuesOf(fields, 'content-encoding').length > 0 ? 'a content coding' : null
}

function valuesOf(fields: readonly string[], lowerName: string): string[] {
  const values: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    if ((fields[i] as string).toLowerCase() === lowerName) values.push(fields[i + 1] as string)
  }
  return values
}
