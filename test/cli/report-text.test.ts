import t from 'tap'
import { reportText } from '../../src/cli/report-text.ts'
import type { ReportGroup, ReportResult } from '../../src/report/result.ts'

const [FROM, TO] = ['2026-03-01T09:00:00.000Z', '2026-03-02T09:00:00.000Z']

const groupOf = (requests: number, parts: Partial<ReportGroup> = {}): ReportGroup => ({
  route: 'orders',
  code: 'key_missing',
  key: null,
  org: null,
  requests,
  first: FROM,
  last: TO,
  examples: [],
  ...parts,
})

const resultOf = (requests: number, groups: readonly ReportGroup[], others = 0): ReportResult => ({
  from: FROM,
  to: TO,
  requests,
  reported: groups.reduce((sum, group) => sum + group.requests, 0),
  groups,
  others,
})

t.test('a share is never rounded to nothing, nor to all', async (t) => {
  const shares = [1, 9, 10, 500, 9_990, 9_999, 10_000].map((requests) => {
    const [, row = ''] = reportText(resultOf(10_000, [groupOf(requests)])).split('\n')
    return /[<>]?[\d.]+%/.exec(row)?.[0]
  })
  t.strictSame(shares, ['<0.1%', '<0.1%', '0.1%', '5.0%', '99.9%', '>99.9%', '100.0%'])
})

t.test('of very many groups the largest are shown, and the others told of', async (t) => {
  const groups = Array.from({ length: 60 }, (_, i) => groupOf(60 - i, { route: `route-${i}` }))
  const lines = reportText(resultOf(10_000, groups, 7)).split('\n')
  t.equal(lines.filter((line) => line.startsWith('route-')).length, 50)
  t.match(lines, [/^ROUTE/])
  t.ok(lines.includes('10 more groups: --json tells them all'))
  t.ok(lines.includes('others: 7 refusals of groups for which there was no room'))
})

t.test('what the files lacked is told', async (t) => {
  const lines = { other: 3, broken: 1, dropped: 2, outside: 4 }
  t.equal(
    reportText({ ...resultOf(5, []), reported: 0 }, lines),
    `none of 5 requests would have been refused, from 2026-03-01T09:00:00Z to 2026-03-02T09:00:00Z
left out: 4 requests before --since
missing: 2 lines that the gate could not write
left out: 1 line not of an audit
`,
  )
  const nothing = { ...resultOf(0, []), from: null, to: null }
  t.equal(reportText(nothing), 'no request was looked at\n')
  t.equal(
    reportText(nothing, { other: 0, broken: 0, dropped: 0, outside: 0 }),
    'no request was looked at: nothing is written in the audit\n',
  )
})
