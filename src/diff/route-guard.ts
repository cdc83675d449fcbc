import type { GuardFields } from '../config/outline-guard.ts'
import { apiHeaders } from '../policies/guard/fields.ts'
import { type Finding, finding } from './change.ts'
import { quoted } from './words.ts'

/** Values of which it is known, the strictest first. */
const ORDERS: Readonly<Record<string, readonly string[]>> = {
  'x-frame-options': ['DENY', 'SAMEORIGIN'],
  'cross-origin-resource-policy': ['same-origin', 'same-site', 'cross-origin'],
  'cross-origin-opener-policy': [
    'same-origin',
    'same-origin-allow-popups',
    'noopener-allow-popups',
    'unsafe-none',
  ],
  'cross-origin-embedder-policy': ['require-corp', 'credentialless', 'unsafe-none'],
  'x-permitted-cross-domain-policies': ['none', 'master-only', 'by-content-type', 'all'],
  'origin-agent-cluster': ['?1', '?0'],
  'x-dns-prefetch-control': ['off', 'on-demand', 'on'],
}
const HSTS = 'strict-transport-security'
const CSP = 'content-security-policy'
/** As strict as can be: it allows nothing. */
const STRICTEST_CSP = apiHeaders().get(CSP)
const PATH = ['guard']

/** Security headers that replies have. */
export function compareGuard(before: GuardFields, after: GuardFields): Finding[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].sort().flatMap((name) => compareField(name, before[name], after[name]))
}

function compareField(name: string, before: string | undefined, after: string | undefined): Finding[] {
  if (before === after) return []
  if (after === undefined) {
    return [finding('guard-header-off', `the security header ${quoted(name)} is no longer set`, PATH)]
  }
  const now = `${quoted(after)}`
  if (before === undefined) {
    return [finding('guard-header-on', `the security header ${quoted(name)} is set: ${now}`, PATH)]
  }
  const order = orderOf(name, before, after)
  const code =
    order === 0 ? 'guard-header-changed' : order > 0 ? 'guard-header-looser' : 'guard-header-tighter'
  return [finding(code, `the security header ${quoted(name)} is ${now}, before ${quoted(before)}`, PATH)]
}

/** Positive when `after` allows more, negative when it allows less, 0 when that is not known. */
function orderOf(name: string, before: string, after: string): number {
  if (name === HSTS) return hstsOf(before) - hstsOf(after)
  if (name === CSP && before === STRICTEST_CSP) return 1
  if (name === CSP && after === STRICTEST_CSP) return -1
  const order = ORDERS[name]
  if (order === undefined || !order.includes(before) || !order.includes(after)) return 0
  return order.indexOf(after) - order.indexOf(before)
}

const MAX_AGE = /max-age=(\d+)/
/** Hosts below count for more than any time, and the list that browsers ship with for a little. */
const SUBDOMAINS_WEIGHT = 1e11

function hstsOf(value: string): number {
  const seconds = Number(MAX_AGE.exec(value)?.[1] ?? 0)
  if (seconds === 0) return 0
  const subdomains = /includeSubDomains/i.test(value) ? SUBDOMAINS_WEIGHT : 0
  return subdomains + seconds * 2 + (/preload/i.test(value) ? 1 : 0)
}
