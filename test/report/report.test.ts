import fc from 'fast-check'
import t from 'tap'
import { auditLine } from '../../src/adapters/audit-line.ts'
import type { AuditRecord } from '../../src/core/audit.ts'
import type { TrailLine } from '../../src/core/policy.ts'
import { type ReadLine, readLine } from '../../src/replay/line.ts'
import { reportOf } from '../../src/report/read.ts'
import { Report } from '../../src/report/report.ts'
import { forwarded } from '../adapters/audit-records.ts'

const NOBODY = { kind: 'anonymous', subject: '', org: '', keyId: '', authenticator: '' } as const
const AT_MS = Date.UTC(2026, 2, 1, 9)

const reported = (check: string, code: TrailLine['code'] & string): TrailLine => ({
  check,
  verdict: 'report',
  code,
})

function recordOf(i: number, parts: Partial<AuditRecord> = {}): AuditRecord {
  return { ...forwarded, id: `${i}`.padStart(32, '0'), atMs: AT_MS + i * 1000, ...parts }
}

function toldOf(records: readonly AuditRecord[]) {
  const report = new Report()
  for (const record of records) report.record(record)
  return report.told()
}

t.test('nothing is told of nothing', async (t) => {
  t.strictSame(toldOf([]), { from: null, to: null, requests: 0, reported: 0, groups: [], others: 0 })
})

t.test('what was let through is grouped by route, code, key and org', async (t) => {
  const limited = { trail: [reported('limit', 'rate_limited')] }
  const missing = { trail: [reported('auth', 'key_missing')], principal: NOBODY }
  const told = toldOf([
    recordOf(0),
    ...[1, 2, 3, 4, 5].map((i) => recordOf(i, limited)),
    recordOf(6, missing),
    recordOf(7, { ...limited, route: 'invoices' }),
  ])
  t.match(told, { requests: 8, reported: 7, others: 0 })
  t.strictSame([told.from, told.to], ['2026-03-01T09:00:00.000Z', '2026-03-01T09:00:07.000Z'])
  const id = (i: number) => `${i}`.padStart(32, '0')
  t.strictSame(told.groups[0], {
    route: 'orders',
    code: 'rate_limited',
    key: 'acme-prod',
    org: 'acme',
    requests: 5,
    first: '2026-03-01T09:00:01.000Z',
    last: '2026-03-01T09:00:05.000Z',
    examples: [id(5), id(4), id(3)],
  })
  t.match(told.groups.slice(1), [
    { route: 'invoices', code: 'rate_limited', key: 'acme-prod', requests: 1, examples: [id(7)] },
    { route: 'orders', code: 'key_missing', key: null, org: null, requests: 1 },
  ])
})

t.test('a request counts once, and in the group of each check that would have refused it', async (t) => {
  const trail = [
    reported('limit', 'rate_limited'),
    reported('auth', 'key_missing'),
    reported('limit', 'rate_limited'),
  ]
  const told = toldOf([recordOf(1, { trail })])
  t.equal(told.reported, 1)
  t.strictSame(
    told.groups.map(({ code, requests }) => [code, requests]),
    [
      ['key_missing', 1],
      ['rate_limited', 1],
    ],
  )
})

t.test('what another check refused all the same was not let through', async (t) => {
  const trail = [reported('auth', 'key_missing')]
  for (const outcome of ['refuse', 'malformed'] as const) {
    t.match(toldOf([recordOf(1, { trail, outcome })]), { requests: 1, reported: 0, groups: [] })
  }
})

t.test('a key that is known and no good is named', async (t) => {
  const basis = { ...(forwarded.basis as NonNullable<AuditRecord['basis']>), shown: 'key:old-key' } as const
  const told = toldOf([recordOf(1, { trail: [reported('auth', 'key_expired')], principal: NOBODY, basis })])
  t.match(told.groups, [{ code: 'key_expired', key: 'old-key', org: null }])
})

t.test('groups are bounded, and the rest is told as others', async (t) => {
  const report = new Report()
  const trail = [reported('auth', 'key_missing')]
  for (let i = 0; i < 10_005; i++) report.record(recordOf(i, { trail, route: `route-${i % 10_003}` }))
  const { groups, others, reported: all } = report.told()
  t.equal(groups.length, 10_000)
  t.equal(others, 3)
  t.equal(all, 10_005)
})

async function* lines(texts: Iterable<string>): AsyncGenerator<ReadLine, void, undefined> {
  for (const text of texts) yield readLine(text)
}

const codes = fc.constantFrom('rate_limited', 'key_missing', 'key_expired', 'origin_refused')
const verdicts = fc.constantFrom('report', 'refuse', 'pass')
const trails = fc.array(
  fc.record({ check: fc.constantFrom('auth', 'limit'), verdict: verdicts, code: codes }),
  { maxLength: 3 },
)
const principals = fc.constantFrom(NOBODY, forwarded.principal, {
  ...forwarded.principal,
  keyId: 'two',
  org: '',
})
const records = fc.array(
  fc.record({
    i: fc.nat(1000),
    outcome: fc.constantFrom('forward', 'refuse', 'answer', 'malformed'),
    route: fc.constantFrom('orders', 'invoices', null),
    principal: principals,
    trail: trails,
  }),
)

t.test('the running gate and its audit file tell the same', async (t) => {
  await fc.assert(
    fc.asyncProperty(records, async (parts) => {
      const all = parts.map(({ i, ...one }) => recordOf(i, one as Partial<AuditRecord>))
      const { lines: counts, ...ofFile } = await reportOf(lines(all.map(auditLine)), 0)
      t.strictSame(ofFile, toldOf(all))
      t.strictSame(counts, { other: 0, broken: 0, dropped: 0, outside: 0 })
    }),
    { numRuns: 100 },
  )
})

t.test('what is no request is counted, and what was before is left out', async (t) => {
  const texts = [
    '{"type":"admin","time":"2026-03-01T09:00:00.000Z","action":"x"}',
    'no json',
    '{"type":"audit_gap","dropped":4}',
    auditLine(recordOf(0, { trail: [reported('auth', 'key_missing')] })),
    auditLine(recordOf(5, { trail: [reported('auth', 'key_missing')] })),
  ]
  t.match(await reportOf(lines(texts), AT_MS + 1000), {
    requests: 1,
    reported: 1,
    lines: { other: 1, broken: 1, dropped: 4, outside: 1 },
  })
})

t.test('a hostile line makes no long text and no time that cannot be', async (t) => {
  const long = 'x'.repeat(10_000)
  const line = {
    type: 'request',
    time: '+275760-09-13T00:00:00Z',
    id: long,
    route: long,
    outcome: 'forward',
    reported: [long],
  }
  const { groups } = await reportOf(lines([JSON.stringify(line)]), 0)
  t.equal(groups.length, 1)
  for (const text of [groups[0]?.route, groups[0]?.code, groups[0]?.examples[0]]) t.equal(text?.length, 200)
})
