import t from 'tap'
import { auditLine } from '../../src/adapters/audit-line.ts'
import type { AuditRecord } from '../../src/core/audit.ts'
import { pastSchema } from '../../src/explain/explanation.ts'
import { pastOfLine, pastOfRecord } from '../../src/explain/past.ts'
import { readLine } from '../../src/replay/line.ts'
import { forwarded } from '../adapters/audit-records.ts'

const refused: AuditRecord = {
  ...forwarded,
  outcome: 'refuse',
  code: 'rate_limited',
  why: 'limit few: 5 in 60000 ms used up by key acme-prod; free in 20 ms',
  trail: [
    { check: 'cors', verdict: 'skip' },
    { check: 'auth', verdict: 'pass', note: 'key: key acme-prod' },
    { check: 'scopes', verdict: 'report', code: 'scope_missing', note: 'lacks orders.write' },
    { check: 'limit', verdict: 'refuse', code: 'rate_limited', note: 'limit few: used up' },
  ],
  status: 429,
}

function lineOf(record: AuditRecord) {
  const read = readLine(auditLine(record))
  if (read.kind !== 'request') throw new Error(read.kind)
  return read.line
}

t.test('what is remembered tells every check and what it noted', async (t) => {
  const past = pastOfRecord(refused, refused.policy)
  t.match(pastSchema.parse(past), {
    kind: 'decision',
    outcome: 'refuse',
    status: 429,
    code: 'rate_limited',
    title: 'Too many requests.',
    is_in_force: true,
    reported: ['scope_missing'],
  })
  t.strictSame(
    past.checks.map(({ check, verdict, code, note }) => [check, verdict, code, note]),
    [
      ['cors', 'skip', null, null],
      ['auth', 'pass', null, 'key: key acme-prod'],
      ['scopes', 'report', 'scope_missing', 'lacks orders.write'],
      ['limit', 'refuse', 'rate_limited', 'limit few: used up'],
    ],
  )
  t.equal(pastOfRecord(refused, 'another').is_in_force, false)
})

t.test('an audit line tells the same, less the notes; of the check that refused it tells why', async (t) => {
  const past = pastOfLine(lineOf(refused), null)
  const remembered = pastOfRecord(refused, 'x')
  t.strictSame(
    past.checks.map(({ note: _, ...check }) => check),
    remembered.checks.map(({ note: _, ...check }) => check),
  )
  t.strictSame(
    past.checks.map(({ note }) => note),
    [null, 'key: key acme-prod', null, refused.why],
  )
  const { checks: _, is_in_force: __, upstream_ms: ___, ...rest } = past
  t.match(remembered, rest)
  t.equal(past.is_in_force, null)
})

t.test('a line of another version is told as far as it can be read', async (t) => {
  const line = lineOf(forwarded)
  const past = pastOfLine({ ...line, code: 'from_the_future', trail: ['warp!', 'auth:key', '???'] }, null)
  t.match(pastSchema.parse(past), { code: 'from_the_future', title: null, help: null })
  t.match(past.checks[2], { check: '???', verdict: 'pass' })
})
