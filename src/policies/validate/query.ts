import { parameterName } from '../../core/headers.ts'
import { type Refuse, refuse } from '../../core/verdict.ts'
import type { QuerySettings } from './schema.ts'

export interface QueryPlan {
  /** null allows every name. */
  readonly allowed: ReadonlySet<string> | null
  readonly required: readonly string[]
  readonly maxParams: number
  readonly repeated: boolean
  /** Parameters that carry a credential: cut out later, and no business of this check. */
  readonly ignored: ReadonlySet<string>
}

const MAX_SHOWN_LENGTH = 100

export function queryPlan(settings: QuerySettings, ignored: readonly string[]): QueryPlan {
  const { allowed, required = [], max_params: maxParams, repeated } = settings
  return Object.freeze({
    allowed: allowed === undefined ? null : new Set([...allowed, ...required]),
    required,
    maxParams,
    repeated,
    ignored: new Set(ignored),
  })
}

/**
 * @param query '' or '?…', byte for byte as sent
 * @returns null when the query is as it should be
 */
export function judgeQuery(plan: QueryPlan, query: string): Refuse | null {
  // Some servers split at `;` too, and would see parameters that were not judged.
  if (query.includes(';')) return refused('a semicolon in the query')
  const pairs = query.slice(1).split('&')
  if (pairs.length > plan.maxParams + plan.ignored.size + 1) return refused('too many parameters')
  const names = pairs.filter((pair) => pair !== '').map(parameterName)
  return judgeNames(
    plan,
    names.filter((name) => !plan.ignored.has(name)),
  )
}

function judgeNames(plan: QueryPlan, names: readonly string[]): Refuse | null {
  if (names.length > plan.maxParams) return refused(`${names.length} parameters, at most ${plan.maxParams}`)
  const seen = new Set(names)
  if (!plan.repeated && seen.size < names.length) return refused('a parameter comes twice')
  const unknown = names.find((name) => plan.allowed !== null && !plan.allowed.has(name))
  if (unknown !== undefined) return refused(`parameter ${shown(unknown)} is not allowed`)
  const missing = plan.required.find((name) => !seen.has(name))
  return missing === undefined ? null : refused(`parameter ${shown(missing)} is missing`)
}

function refused(why: string): Refuse {
  return refuse('query_invalid', why)
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, MAX_SHOWN_LENGTH))
}
