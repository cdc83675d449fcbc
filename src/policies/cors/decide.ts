import { type Facts, headerOf } from '../../core/facts.ts'
import { TOKEN_CHARS } from '../../core/headers.ts'
import { preflightMethod } from '../../core/match.ts'
import {
  type Answer,
  answer,
  PASS,
  type Pass,
  type Refuse,
  refuse,
  type Verdict,
} from '../../core/verdict.ts'
import { matchesWildcard, type WildcardOrigin } from './origins.ts'

/** What an origin that is let in gets. */
export interface Allowed {
  /** Reply fields, flat. */
  readonly fields: readonly string[]
  /** The verdict that carries them. */
  readonly verdict: Pass
}

/** Everything that is constant of one route. */
export interface CorsPlan {
  readonly exact: ReadonlyMap<string, Allowed>
  readonly wildcards: readonly WildcardOrigin[]
  /** `*`: the same for every request; null where origins are told apart. */
  readonly any: Allowed | null
  /** For an origin that a wildcard lets in. */
  readonly allow: (origin: string) => Allowed
  readonly methods: ReadonlySet<string>
  /** Lower case; null allows whatever is asked for. */
  readonly headers: ReadonlySet<string> | null
  /** Constant fields of the answer to a preflight, flat. */
  readonly preflightFields: readonly string[]
}

const NAME_LIST = new RegExp(`^[${TOKEN_CHARS}]+(?:[ \\t]*,[ \\t]*[${TOKEN_CHARS}]+)*$`)
const MAX_NAME_LIST_LENGTH = 2048
const NO_CONTENT = 204

/** Answers a preflight here, without a credential or a charge; tells every other request what its reply carries. */
export function decideCors(plan: CorsPlan, facts: Facts): Verdict {
  const origin = headerOf(facts, 'origin')
  if (origin === undefined) return plan.any?.verdict ?? PASS
  const allowed = allowedOrigin(plan, origin)
  const method = preflightMethod(facts)
  if (method !== undefined) return decidePreflight(plan, facts, allowed, method)
  if (allowed !== null) return allowed.verdict
  // The same-origin policy does not hold for WebSocket: there it is the server that must look at the origin.
  return facts.websocket ? refused('the origin of the WebSocket is not in cors.origins') : PASS
}

function allowedOrigin(plan: CorsPlan, origin: string): Allowed | null {
  const known = plan.any ?? plan.exact.get(origin)
  if (known !== undefined) return known
  return matchesWildcard(plan.wildcards, origin) ? plan.allow(origin) : null
}

function decidePreflight(
  plan: CorsPlan,
  facts: Facts,
  allowed: Allowed | null,
  method: string,
): Answer | Refuse {
  if (allowed === null) return refused('the origin of the preflight is not in cors.origins')
  if (!plan.methods.has(method)) return refused('the method of the preflight is not in cors.methods')
  const asked = headerOf(facts, 'access-control-request-headers')
  if (asked !== undefined && asked !== '' && !allowsHeaders(plan.headers, asked)) {
    return refused('a header of the preflight is malformed or not in cors.headers')
  }
  return answer({
    status: NO_CONTENT,
    headers: [
      ...allowed.fields,
      ...plan.preflightFields,
      ...(plan.headers === null && asked !== undefined ? ['access-control-allow-headers', asked] : []),
    ],
    body: '',
  })
}

/** Only names come back in the answer: no other input is echoed. */
function allowsHeaders(headers: ReadonlySet<string> | null, asked: string): boolean {
  if (asked.length > MAX_NAME_LIST_LENGTH || !NAME_LIST.test(asked)) return false
  return headers === null || asked.split(',').every((name) => headers.has(name.trim().toLowerCase()))
}

function refused(why: string): Refuse {
  return refuse('origin_refused', why)
}
