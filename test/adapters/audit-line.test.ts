import { deepStrictEqual as deepEqual, match } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { auditLine, gapLine } from '../../src/adapters/audit-line.ts'
import type { Basis } from '../../src/core/audit.ts'
import { ANONYMOUS } from '../../src/core/principal.ts'
import { BASIS, forwarded } from './audit-records.ts'

const parsed = (line: string): Record<string, unknown> => JSON.parse(line)

t.test('a forwarded request is one line with every field', async (t) => {
  t.strictSame(parsed(auditLine(forwarded)), {
    type: 'request',
    time: '2026-02-03T04:05:06.078Z',
    id: '0123456789abcdef0123456789abcdef',
    route: 'orders',
    method: 'GET',
    path: '/api/orders/1',
    client: '192.0.2.7',
    host: 'api.example.com',
    seq: 7,
    principal: { kind: 'key', subject: 'acme-prod', org: 'acme', key_id: 'acme-prod', authenticator: 'key' },
    outcome: 'forward',
    code: null,
    why: null,
    trail: ['cors', 'auth:key', 'scopes'],
    status: 200,
    bytes_in: 12,
    bytes_out: 361,
    duration_ms: 2.5,
    gate_ms: 0.125,
    upstream_ms: 1.75,
    upstream: 'legacy',
    retries: 0,
    aborted: false,
    policy: '0123456789abcdef',
  })
})

t.test('the trail marks what refused and what report mode let through', async (t) => {
  const line = parsed(
    auditLine({
      ...forwarded,
      outcome: 'refuse',
      code: 'rate_limited',
      why: 'limit plan',
      trail: [
        { check: 'cors', verdict: 'skip' },
        { check: 'access', verdict: 'report', code: 'address_refused', note: 'denied' },
        { check: 'limit', verdict: 'refuse', code: 'rate_limited', note: 'limit plan' },
      ],
      warnings: ['plan:80'],
    }),
  )
  t.strictSame(line.trail, ['cors~', 'access?address_refused', 'limit!rate_limited'])
  t.strictSame(line.reported, ['address_refused'])
  t.strictSame(line.warnings, ['plan:80'])
  t.equal(line.why, 'limit plan')
})

t.test('what a decision was made of is told where it is not the usual', async (t) => {
  const basis: Basis = {
    host: 'api.example.com',
    seq: 8,
    during: 3,
    waitedMs: 21,
    peer: '10.0.0.1',
    websocket: true,
    bodyBytes: 17,
    origin: 'https://shop.example.com',
    preflight: { method: 'PUT', headers: null },
    shown: 'key:acme-old',
  }
  const line = parsed(auditLine({ ...forwarded, basis }))
  t.match(line, {
    host: 'api.example.com',
    seq: 8,
    during: 3,
    waited_ms: 21,
    peer: '10.0.0.1',
    websocket: true,
    body_bytes: 17,
    origin: 'https://shop.example.com',
    preflight: { method: 'PUT', headers: null },
    shown: 'key:acme-old',
  })
  t.equal(parsed(auditLine({ ...forwarded, basis: { ...basis, bodyBytes: null } })).body_bytes, null)
})

t.test('what never became a request has nulls, not made-up values', async (t) => {
  const line = parsed(
    auditLine({
      ...forwarded,
      route: null,
      method: null,
      path: null,
      principal: ANONYMOUS,
      outcome: 'malformed',
      code: 'request_malformed',
      trail: [],
      upstream: null,
      upstreamMs: null,
      basis: null,
    }),
  )
  t.notOk('host' in line || 'seq' in line)
  t.match(line, { route: null, method: null, path: null, upstream: null, upstream_ms: null, trail: [] })
  t.strictSame(line.principal, {
    kind: 'anonymous',
    subject: null,
    org: null,
    key_id: null,
    authenticator: null,
  })
})

t.test('the text for the operator is bounded', async (t) => {
  t.equal(String(parsed(auditLine({ ...forwarded, why: 'x'.repeat(5000) })).why).length, 200)
})

const HOSTILE = [
  '\n{"type":"request"}',
  '\r\n',
  '\u2028',
  '\u2029',
  '\u0085',
  '\u001b[2J',
  '\u009b2J',
  '"',
  '\\',
  '\0',
  '\ud800',
  '\udc00',
  '😀',
]
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
    .map((units) => String.fromCharCode(...units)),
  fc.array(fc.constantFrom(...HOSTILE), { maxLength: 8 }).map((parts) => parts.join('')),
)

t.test('V102 any input is one line of printable ASCII that parses back to the same values', async () => {
  fc.assert(
    fc.property(anyText, anyText, anyText, anyText, (method, path, client, subject) => {
      const principal = { ...forwarded.principal, subject, org: subject }
      const preflight = { method, headers: path }
      const basis: Basis = {
        ...BASIS,
        host: path,
        peer: client,
        origin: subject,
        preflight,
        shown: `key:${path}`,
      }
      const record = { ...forwarded, method, path, client, principal, why: path, warnings: [client], basis }
      const line = auditLine(record)
      match(line, /^[ -~]+\n$/)
      const back = parsed(line)
      const said = back.principal as Record<string, unknown>
      deepEqual(
        [back.method, back.path, back.client, back.why, back.warnings, said.subject],
        [method, path, client, path.slice(0, 200), [client], subject === '' ? null : subject],
      )
      deepEqual(
        [back.host, back.peer, back.origin, back.preflight, back.shown],
        [path, client, subject, preflight, `key:${path}`],
      )
    }),
    { numRuns: 500 },
  )
})

t.test('numbers that JSON cannot say become 0, and time never breaks the line', async (t) => {
  const anyNumber = fc.oneof(
    fc.double(),
    fc.constantFrom(Number.NaN, -1, Number.POSITIVE_INFINITY, -0, 1e300),
  )
  fc.assert(
    fc.property(anyNumber, (value) => {
      const record = {
        ...forwarded,
        atMs: value,
        status: value,
        bytesOut: value,
        durationMs: value,
        gateMs: value,
      }
      const back = parsed(auditLine(record))
      for (const name of ['status', 'bytes_out', 'duration_ms', 'gate_ms']) {
        if (typeof back[name] !== 'number' || back[name] < 0) throw new Error(`${name}: ${back[name]}`)
      }
    }),
  )
  t.equal(parsed(auditLine({ ...forwarded, durationMs: 12.3456 })).duration_ms, 12.345)
  t.equal(parsed(auditLine({ ...forwarded, atMs: Number.NaN })).time, '1970-01-01T00:00:00.000Z')
})

t.test('more different methods than the table of words holds are still told', async (t) => {
  for (let i = 0; i < 10_000; i++) auditLine({ ...forwarded, method: `M${i}` })
  t.equal(parsed(auditLine({ ...forwarded, method: 'M9999"' })).method, 'M9999"')
})

t.test('a gap says how many lines it stands for', async (t) => {
  t.strictSame(parsed(gapLine(17, 0)), { type: 'audit_gap', time: '1970-01-01T00:00:00.000Z', dropped: 17 })
})
