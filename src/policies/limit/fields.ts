import type { Charged, Limit, Window } from '../../core/limits.ts'
import type { Decision } from '../../core/policy.ts'
import { LIMIT_CODES } from './codes.ts'

/** `limit_headers` of a route. */
export type LimitHeaders = 'ietf' | 'both' | 'off'

const NO_FIELDS: readonly string[] = Object.freeze([])
const OWN_CODES: ReadonlySet<string> = new Set(LIMIT_CODES)
const DAY_S = 86_400

/** The constant parts of a limit's fields: the policy items of all its windows, and the name of each. */
interface LimitTexts {
  readonly policy: string
  readonly items: readonly string[]
}

const texts = new WeakMap<Limit, LimitTexts>()

/**
 * `ratelimit-policy` and `ratelimit` (draft-ietf-httpapi-ratelimit-headers-11): every window is a policy item, and the
 * tightest one of each limit says what is left. A refusal of ours brings its own, for its states are not charges.
 */
export function decisionFields(headers: LimitHeaders, decision: Decision): readonly string[] {
  const { refusal } = decision
  if (refusal !== null && OWN_CODES.has(refusal.code)) return NO_FIELDS
  return limitFields(headers, decision.charged, Number.POSITIVE_INFINITY)
}

/**
 * The fields for these charges, flat.
 * @param longestS bounds the time told of, in seconds: the draft wants no `t` beyond `retry-after`
 */
export function limitFields(
  headers: LimitHeaders,
  charged: readonly Charged[],
  longestS: number,
): readonly string[] {
  if (headers === 'off' || charged.length === 0) return NO_FIELDS
  let policy = ''
  let left = ''
  for (const { charge, state } of charged) {
    if (charge.limit.windows.length === 0) continue
    const { policy: items, items: names } = textsOf(charge.limit)
    const comma = policy === '' ? '' : ', '
    policy += comma + items
    left += `${comma}${names[state.window]};r=${state.remaining};t=${secondsOf(state.resetMs, longestS)}`
  }
  if (policy === '') return NO_FIELDS
  const fields = ['ratelimit-policy', policy, 'ratelimit', left]
  if (headers === 'both') pushTightest(fields, charged, longestS)
  return fields
}

/** The three fields that older clients know, of which a reply can tell one limit only. */
function pushTightest(fields: string[], charged: readonly Charged[], longestS: number): void {
  const { charge, state } = charged.reduce((a, b) => (hasNoWindow(a) || isTighter(b, a) ? b : a))
  const max = charge.limit.windows[state.window]?.max
  fields.push('x-ratelimit-limit', `${max}`, 'x-ratelimit-remaining', `${state.remaining}`)
  fields.push('x-ratelimit-reset', `${secondsOf(state.resetMs, longestS)}`)
}

/** A limit of `concurrent` alone: the fields know no such thing. */
function hasNoWindow({ charge }: Charged): boolean {
  return charge.limit.windows.length === 0
}

function isTighter({ state: a }: Charged, { state: b }: Charged): boolean {
  return a.remaining < b.remaining || (a.remaining === b.remaining && a.resetMs > b.resetMs)
}

function secondsOf(ms: number, longestS: number): number {
  return Math.min(Math.ceil(ms / 1000), longestS)
}

function textsOf(limit: Limit): LimitTexts {
  const known = texts.get(limit)
  if (known !== undefined) return known
  const items = limit.windows.map((window, i) => `"${limit.name}${i === 0 ? '' : suffixOf(window)}"`)
  const policy = limit.windows.map((window, i) => items[i] + quotaOf(window)).join(', ')
  const made = Object.freeze({ policy, items: Object.freeze(items) })
  texts.set(limit, made)
  return made
}

/** What tells the further windows of a limit from its first: no limit's name holds a colon. */
function suffixOf(window: Window): string {
  return window.kind === 'sliding' ? ':burst' : `:${window.unit}`
}

/** A month has no constant length in seconds, so it goes without the optional `w`. */
function quotaOf(window: Window): string {
  if (window.kind === 'sliding') return `;q=${window.max};w=${Math.ceil(window.windowMs / 1000)}`
  return window.unit === 'day' ? `;q=${window.max};w=${DAY_S}` : `;q=${window.max}`
}
