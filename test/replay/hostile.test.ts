import fc from 'fast-check'
import t from 'tap'
import { auditLine } from '../../src/adapters/audit-line.ts'
import { readLine } from '../../src/replay/line.ts'
import { replay } from '../../src/replay/replay.ts'
import { forwarded } from '../adapters/audit-records.ts'
import { each, policyOf } from './recorded.ts'

const ROUTES = `  - { id: orders, match: { path: /api/orders/* }, limits: [few, month], cors: { origins: ["https://*.example.org"] } }
  - { id: other, match: { path: "/:name", hosts: ["*.example.com"] }, auth: none, validate: { max_body: 1KB, query: {} } }
`
const LIMITS = `trust: [10.0.0.0/8]
limits:
  few: { by: key, rate: 5/second, concurrent: 2, cooldown: { after: 2, within: 1s, for: 1s } }
  month: { by: org, quota: 10/month }
`

const odd = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    null,
    '',
    '/%',
    '/%zz/../',
    '/\ud800',
    '::',
    '1e999',
    -1,
    1e300,
    '9999-12-31T23:59:59.999Z',
    '-000001-01-01T00:00:00Z',
  ),
)
const names = Object.keys(JSON.parse(auditLine(forwarded)))
const more = ['during', 'waited_ms', 'peer', 'websocket', 'body_bytes', 'origin', 'preflight', 'shown']
const changes = fc.dictionary(fc.constantFrom(...names, ...more), odd, { maxKeys: 5 })
const preflight = fc
  .record({ method: odd, headers: odd })
  .map((asked) => ({ method: 'OPTIONS', origin: 'null', preflight: asked }))

t.test('whatever a file says, its lines are judged or counted, and nothing breaks', async () => {
  const policy = policyOf(ROUTES, LIMITS)
  const base: object = JSON.parse(auditLine(forwarded))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(changes, preflight), { maxLength: 20 }), async (all) => {
      const lines = all.map((one) => readLine(JSON.stringify({ ...base, ...one })))
      const { compared, not_compared: not, lines: told } = await replay(each(lines), policy)
      const skipped = not.malformed + not.circumstances + not.incomplete + not.unread
      return compared + skipped === told.requests && told.requests + told.broken + told.other <= all.length
    }),
    { numRuns: 500 },
  )
})
