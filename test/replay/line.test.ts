import { deepStrictEqual as deepEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { auditLine, eventLine, gapLine } from '../../src/adapters/audit-line.ts'
import type { AuditRecord, Basis } from '../../src/core/audit.ts'
import { ANONYMOUS } from '../../src/core/principal.ts'
import { type AuditLine, readLine, readTrailWord } from '../../src/replay/line.ts'
import { BASIS, forwarded } from '../adapters/audit-records.ts'

const word = fc.string({ unit: 'binary', maxLength: 20 })
const orNull = <T>(one: fc.Arbitrary<T>) => fc.option(one)
const count = fc.nat({ max: 2 ** 40 })

const basis: fc.Arbitrary<Basis> = fc.record({
  host: word,
  seq: fc.integer({ min: 1, max: 2 ** 40 }),
  during: count,
  waitedMs: fc.nat({ max: 60_000 }),
  peer: orNull(word),
  websocket: fc.boolean(),
  bodyBytes: orNull(count),
  origin: orNull(word),
  preflight: fc.constant(null),
  shown: fc.constantFrom(null, 'unknown', 'ambiguous', 'unread', 'key:acme:old'),
})
const record: fc.Arbitrary<AuditRecord> = fc.record({
  id: word,
  atMs: fc.nat({ max: 4_000_000_000_000 }),
  route: orNull(word),
  method: orNull(word),
  path: orNull(word),
  client: word,
  principal: fc.constantFrom(ANONYMOUS, forwarded.principal),
  outcome: fc.constantFrom('forward', 'refuse', 'answer', 'malformed'),
  code: fc.constantFrom(null, 'rate_limited'),
  why: orNull(word),
  trail: fc.constant([
    ...forwarded.trail,
    { check: 'limit', verdict: 'report', code: 'rate_limited' },
  ] as const),
  warnings: fc.array(word, { maxLength: 2 }),
  status: fc.nat({ max: 599 }),
  bytesIn: count,
  bytesOut: count,
  durationMs: fc.nat({ max: 1e6 }),
  gateMs: fc.nat({ max: 1e6 }),
  upstreamMs: orNull(fc.nat({ max: 1e6 })),
  upstream: orNull(word),
  retries: fc.nat({ max: 9 }),
  aborted: fc.boolean(),
  policy: word,
  basis: orNull(basis),
})

t.test('what was written is read back', async () => {
  fc.assert(
    fc.property(record, (written) => {
      const read = readLine(auditLine(written))
      if (read.kind !== 'request') throw new Error(read.kind)
      const { gateMs, upstreamMs, warnings, trail, ...kept } = written
      const { kind, subject, org, keyId, authenticator } = written.principal
      const wanted: AuditLine = {
        ...kept,
        principal: { kind, subject, org, keyId, authenticator },
        trail: ['cors', authenticator === '' ? 'auth' : 'auth:key', 'scopes', 'limit?rate_limited'],
        reported: ['rate_limited'],
      }
      deepEqual({ ...read.line, basis: { ...read.line.basis } }, { ...wanted, basis: { ...wanted.basis } })
    }),
  )
})

t.test('a preflight is read back', async (t) => {
  for (const preflight of [
    { method: 'PUT', headers: null },
    { method: 'GET', headers: 'x-a, x-b' },
  ]) {
    const written = { ...BASIS, origin: 'https://shop.example.com', preflight }
    const read = readLine(auditLine({ ...forwarded, basis: written }))
    t.match(read, { line: { basis: written } })
  }
})

t.test('lines of other things, and lines that are none', async (t) => {
  t.strictSame(readLine(gapLine(12, 0)), { kind: 'gap', dropped: 12 })
  t.equal(readLine(eventLine({ type: 'admin', time: '' })).kind, 'other')
  const broken = [
    '',
    '{',
    'null',
    '[]',
    '7',
    '"request"',
    '{}',
    '{"type":7}',
    auditLine(forwarded).slice(0, -9),
  ]
  for (const text of broken) t.equal(readLine(text).kind, 'broken', text)
})

t.test('a hostile line is broken, or has only what it should', async () => {
  const names = ['time', 'id', 'outcome', 'trail', 'principal', 'seq', 'host', 'shown', 'preflight', 'status']
  const fields = fc.dictionary(fc.constantFrom(...names), fc.jsonValue())
  fc.assert(
    fc.property(fields, (changed) => {
      const before: Record<string, unknown> = JSON.parse(auditLine(forwarded))
      const read = readLine(JSON.stringify({ ...before, ...changed }))
      if (read.kind === 'broken') return true
      if (read.kind !== 'request') return false
      const { trail, principal, status, basis: told } = read.line
      const isText = [principal.keyId, principal.org, ...trail].every((one) => typeof one === 'string')
      return isText && status >= 0 && (told === null || told.seq >= 0)
    }),
  )
})

t.test('a line of the first version says less', async (t) => {
  const { host, seq, ...old } = JSON.parse(auditLine(forwarded))
  t.match(readLine(JSON.stringify(old)), { kind: 'request', line: { route: 'orders', basis: null } })
  t.ok(host)
  t.equal(seq, 7)
})

t.test('words of a trail are taken apart', async (t) => {
  t.strictSame(readTrailWord('cors'), { check: 'cors', verdict: 'pass', code: null })
  t.strictSame(readTrailWord('auth:key'), { check: 'auth', verdict: 'pass', code: null })
  t.strictSame(readTrailWord('limit~'), { check: 'limit', verdict: 'skip', code: null })
  t.strictSame(readTrailWord('cors='), { check: 'cors', verdict: 'answer', code: null })
  t.strictSame(readTrailWord('auth!key_missing'), { check: 'auth', verdict: 'refuse', code: 'key_missing' })
  t.strictSame(readTrailWord('auth?key_missing'), { check: 'auth', verdict: 'report', code: 'key_missing' })
  t.strictSame(readTrailWord('auth!'), { check: 'auth', verdict: 'refuse', code: null })
  t.equal(readTrailWord('!'), null)
})
