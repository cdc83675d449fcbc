import { RE2JS } from 're2js'
import type { Expect, ExpectedBody, ExpectedFields } from './schema-expect.ts'
import type { Seen } from './stage.ts'
import type { Case } from './suite.ts'

/** One thing that is not as expected. */
export interface Difference {
  /** `status`, `headers.retry-after`, `upstream.path` … */
  readonly what: string
  readonly expected: string
  readonly actual: string
}

const ABSENT = '(absent)'

/** What of a case is not as expected; nothing when it is met. */
export function differencesOf({ expect }: Pick<Case, 'expect'>, seen: Seen): Difference[] {
  const { outcome, route, code, status, headers, body, charged, checks, reported } = expect
  return [
    ...(seen.problem === null ? [] : [{ what: 'reply', expected: 'a whole one', actual: seen.problem }]),
    ...unless('outcome', outcome, seen.outcome),
    ...unless('route', route, seen.route),
    ...unless('code', code, seen.code),
    ...unless('status', status, seen.status),
    ...fieldDifferences('headers', headers, seen.fields),
    ...bodyDifferences('body', body, seen.body),
    ...upstreamDifferences(expect, seen),
    ...unless('charged', sorted(charged), sorted(seen.charged)),
    ...unless('checks', checks, seen.checks),
    ...unless('reported', reported, seen.reported),
    ...seen.unmet.map(unmetDifference),
  ]
}

/** What a case sets and no request comes to would look as if it were tested. */
function unmetDifference(limit: string): Difference {
  const expected = 'a limit that this request comes to'
  return { what: `counters.${limit}`, expected, actual: 'it does not come to it: leave it out' }
}

/** @param expected undefined: not asked for */
function unless(what: string, expected: unknown, actual: unknown): Difference[] {
  if (expected === undefined || textOf(expected) === textOf(actual)) return []
  return [{ what, expected: textOf(expected), actual: textOf(actual) }]
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? ABSENT)
}

function sorted(charged: Expect['charged']): unknown {
  if (charged === undefined) return undefined
  const used = Object.entries(charged).filter(([, cost]) => cost > 0)
  return Object.fromEntries(used.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function fieldDifferences(
  what: string,
  expected: ExpectedFields | undefined,
  fields: readonly string[],
): Difference[] {
  return Object.entries(expected ?? {}).flatMap(([name, wanted]) => {
    const actual = fieldValue(fields, name)
    if (isMet(wanted, actual)) return []
    const at = `${what}.${name.toLowerCase()}`
    return [{ what: at, expected: wantedText(wanted), actual: actual ?? ABSENT }]
  })
}

type Wanted = ExpectedFields[string] | ExpectedBody

function isMet(wanted: Wanted, actual: string | null): boolean {
  if (wanted === null || actual === null) return wanted === actual
  if (typeof wanted === 'string') return wanted === actual
  return RE2JS.compile(RE2JS.translateRegExp(wanted.matches)).test(actual)
}

function wantedText(wanted: Wanted): string {
  if (wanted === null) return ABSENT
  return typeof wanted === 'string' ? wanted : `something that matches ${wanted.matches}`
}

/** Repeated fields are joined with a comma (RFC 9110 5.3). */
function fieldValue(fields: readonly string[], name: string): string | null {
  const lower = name.toLowerCase()
  const values = fields.filter((_, i) => i % 2 === 1 && fields[i - 1]?.toLowerCase() === lower)
  return values.length === 0 ? null : values.join(', ')
}

function bodyDifferences(what: string, expected: ExpectedBody | undefined, actual: string): Difference[] {
  if (expected === undefined || isMet(expected, actual)) return []
  return [{ what, expected: wantedText(expected), actual }]
}

function upstreamDifferences({ upstream: expected }: Expect, { upstream: actual }: Seen): Difference[] {
  if (expected === undefined) return []
  if (expected === null || actual === null) {
    if (expected === actual) return []
    const asked = actual === null ? 'not asked' : `asked: ${actual.method} ${actual.path}`
    return [{ what: 'upstream', expected: expected === null ? 'not asked' : 'asked', actual: asked }]
  }
  return [
    ...unless('upstream.method', expected.method, actual.method),
    ...unless('upstream.path', expected.path, actual.path),
    ...fieldDifferences('upstream.headers', expected.headers, actual.fields),
    ...bodyDifferences('upstream.body', expected.body, actual.body),
  ]
}
