import type { GuardFields } from '../config/outline-guard.ts'
import { apiHeaders } from '../policies/guard/fields.ts'
import { type Finding, finding } from './change.ts'
import { quoted } from './words.ts'

/** Values of which it is known, the strictest first. */
const ORDERS: Readonly<Record<string, readonly string[]>> = {
  'x-frame-options': ['DENY', 'SAMEORIGIN'],
  'referrer-policy': [
    'no-referrer',
    'strict-origin',
    'strict-origin-when-cross-origin',
    'no-referrer-when-downgrade',
    'unsafe-url',
  ],
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
  const code = `guard-header-${orderOf(name, before, after)}` as const
  return [finding(code, `the security header ${quoted(name)} is ${now}, before ${quoted(before)}`, PATH)]
}

type Order = 'looser' | 'tighter' | 'changed'

/** `changed`: which of the two allows more is not known. */
function orderOf(name: string, before: string, after: string): Order {
  if (name === HSTS) return orderOfHsts(before, after)
  if (name === CSP && before === STRICTEST_CSP) return 'looser'
  if (name === CSP && after === STRICTEST_CSP) return 'tighter'
  const order = ORDERS[name]
  if (order === undefined || !order.includes(before) || !order.includes(after)) return 'changed'
  return order.indexOf(after) > order.indexOf(before) ? 'looser' : 'tighter'
}

const MAX_AGE = /max-age=(\d+)/

/** A longer time makes up for nothing that is gone. */
function orderOfHsts(before: string, after: string): Order {
  const was = hstsOf(before)
  return hstsOf(after).some((value, i) => value < (was[i] ?? 0)) ? 'looser' : 'tighter'
}

/** Of each the larger one is the stricter one. */
function hstsOf(value: string): readonly number[] {
  const seconds = Number(MAX_AGE.exec(value)?.[1] ?? 0)
  const isSet = (pattern: RegExp) => (pattern.test(value) ? 1 : 0)
  return [seconds, isSet(/includeSubDomains/i), isSet(/preload/i)]
}
