import fc from 'fast-check'
import t from 'tap'
import { run } from './running.ts'

const NAMES = [
  'connection',
  'upgrade',
  'expect',
  'transfer-encoding',
  'content-length',
  'te',
  'host',
  'x-api-key',
  'origin',
  'access-control-request-method',
  'sec-websocket-key',
  'sec-websocket-version',
  'x_forwarded_for',
  'content-type',
]
const VALUES = [
  'upgrade',
  'websocket',
  'h2c',
  '100-continue',
  'chunked',
  '3',
  '-1',
  'close',
  'a, b',
  '13',
  'GET',
  'dGhlIHNhbXBsZSBub25jZQ==',
  '',
]

const headers = fc.dictionary(
  fc.constantFrom(...NAMES),
  fc.oneof(fc.constantFrom(...VALUES), fc.array(fc.constantFrom(...VALUES), { minLength: 1, maxLength: 3 })),
  { maxKeys: 5 },
)
const request = fc.record(
  {
    method: fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'PRI', 'NONE', 'PURGE'),
    path: fc.oneof(
      fc.constantFrom(
        '/open',
        '/talk',
        '/write',
        '*',
        '/a/../b',
        'http://a/open',
        '/%',
        '/open#a',
        'a:1',
        '//',
      ),
      fc.constantFrom(`/${'a'.repeat(9000)}`, `/open?${'b'.repeat(17_000)}`),
    ),
    headers,
    body: fc.constantFrom('abc', '{}', 'a'.repeat(20_000)),
  },
  { requiredKeys: ['method', 'path', 'headers'] },
)
const upstream = fc.record(
  {
    status: fc.constantFrom(200, 204, 304, 404, 500, 599),
    headers: fc.dictionary(
      fc.constantFrom('content-length', 'transfer-encoding', 'connection', 'set-cookie'),
      fc.constantFrom('0', '9', 'chunked', 'close'),
    ),
    body: fc.constantFrom('', 'abc', 'a'.repeat(20_000)),
  },
  { requiredKeys: [] },
)
const identity = fc.constantFrom({ key: 'acme' }, { subject: 'ann' }, 'none', 'unknown', 'ambiguous')

t.test(
  'whatever a case sends, it has a result, and those after it are played as if it were not there',
  async (t) => {
    const one = fc.record({ request, upstream, identity }, { requiredKeys: ['request'] })
    const cases = fc.sample(one, { numRuns: 100, seed: 7 })
    const lines = cases.flatMap((settings, i) => [
      `  - ${JSON.stringify({ name: `hostile ${i}`, ...settings, expect: { status: 599 } })}\n`,
      `  - { name: good ${i}, request: GET /open, expect: { outcome: forward, status: 200, charged: { crowd: 1 } } }\n`,
    ])
    const { results, notRun } = await run(t, { cases: lines.join('') }, { maxMs: 120_000 })
    t.equal(notRun, 0)
    t.equal(results.length, 200)
    t.strictSame(
      results.filter(({ name, passed }) => name.startsWith('good') && !passed),
      [],
    )
  },
)
