import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import { hashKey, newKey } from '../../src/policies/key/format.ts'
import { ORDINARY } from '../adapters/audit-records.ts'
import { KEY, KEYS, OTHER_KEY, startApp } from '../support/app.ts'
import { startUpstream } from '../support/raw-upstream.ts'

const OLD = 'a-key-that-has-expired-0123'
const UNKNOWN = 'a-key-that-nobody-has-0123456789'

const textFor = (origin: string): string => `version: 1
trust: [127.0.0.1]
upstreams: { api: { url: ${origin} } }
${KEYS}  - { id: old, hash: "sha256:${hashKey(OLD)}", expires: 2020-01-01 }
authenticators: { key: { type: api_key, in: ["header:x-api-key", bearer, "query:token"] } }
defaults: { upstream: api, auth: [key], limits: [] }
routes:
  - { id: open, match: { path: /open }, auth: none }
  - { id: mixed, match: { path: /mixed }, auth: [key, none] }
  - { id: closed, match: { path: /closed, methods: [GET, PUT] }, cors: { origins: [https://shop.example.com] } }
  - { id: gone, match: { path: /gone }, mode: report }
  - { id: socket, match: { path: /socket }, auth: none, websocket: true }
`

async function basesOf(t: Test, requests: readonly string[]) {
  const api = await startUpstream(t)
  const app = await startApp(t, textFor(api.origin))
  for (const [i, request] of requests.entries()) {
    const client = app.client().send(request.replaceAll('\n', '\r\n'))
    if (request.includes('websocket')) {
      await api.logged('websocket')
      client.leave()
    }
    await app.recorded(i + 1)
    client.leave()
  }
  return app.records.map(({ basis }) => basis)
}

const get = (target: string, fields = '', method = 'GET'): string =>
  `${method} ${target} HTTP/1.1\nHost: API.example.com:8080\n${fields}\n`

t.test('what was shown by those who did not become a principal', async (t) => {
  const cases: readonly (readonly [request: string, shown: string | null])[] = [
    [get('/closed'), null],
    [get('/closed', `x-api-key: ${KEY}\n`), null],
    [get('/closed', `x-api-key: ${UNKNOWN}\n`), 'unknown'],
    [get('/closed', `x-api-key: ${OLD}\n`), 'key:old'],
    [get('/closed', `x-api-key: ${KEY}\nauthorization: Bearer ${OTHER_KEY}\n`), 'ambiguous'],
    [get('/closed', 'authorization: Basic dTpw\n'), 'unread'],
    [get('/open'), null],
    [get('/open?a=b'), null],
    [get('/open', `x-api-key: ${KEY}\n`), 'unread'],
    [get(`/open?a=b&token=${KEY}`), 'unread'],
    [get('/mixed'), null],
    [get('/gone', `x-api-key: ${OLD}\n`), 'key:old'],
    [get('/gone', `x-api-key: ${UNKNOWN}\n`), 'unknown'],
    [get('/nowhere', `x-api-key: ${KEY}\n`), 'unread'],
  ]
  const bases = await basesOf(
    t,
    cases.map(([request]) => request),
  )
  t.strictSame(
    bases.map((basis, i) => [cases[i]?.[0], basis?.shown]),
    cases,
  )
  t.strictSame(
    bases.map((basis) => basis?.seq),
    cases.map((_, i) => i + 1),
  )
})

t.test('the rest of what a decision is made of', async (t) => {
  const shop = 'Origin: https://shop.example.com\n'
  const long = `https://${'x'.repeat(600)}.example.org`
  const upgrade = `Connection: upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n`
  const cases: readonly (readonly [request: string, basis: object])[] = [
    [get('/open'), ORDINARY],
    [get('/open', 'X-Forwarded-For: 192.0.2.7\n'), { ...ORDINARY, peer: '127.0.0.1' }],
    [get('/open', 'Content-Length: 2\n', 'PUT').concat('ab'), { ...ORDINARY, bodyBytes: 2 }],
    [get('/open', 'Transfer-Encoding: chunked\n', 'PUT').concat('0\n\n'), { ...ORDINARY, bodyBytes: null }],
    [get('/closed', shop), { ...ORDINARY, origin: 'https://shop.example.com' }],
    [get('/open', `Origin: ${long}\n`), { ...ORDINARY, origin: `${long.slice(0, 512)}…` }],
    [
      get('/closed', `${shop}Access-Control-Request-Method: PUT\n`, 'OPTIONS'),
      { ...ORDINARY, origin: 'https://shop.example.com', preflight: { method: 'PUT', headers: null } },
    ],
    [
      get(
        '/closed',
        `${shop}Access-Control-Request-Method: PUT\nAccess-Control-Request-Headers: x-a\n`,
        'OPTIONS',
      ),
      { ...ORDINARY, origin: 'https://shop.example.com', preflight: { method: 'PUT', headers: 'x-a' } },
    ],
    [get('/socket', upgrade), { ...ORDINARY, websocket: true }],
  ]
  const bases = await basesOf(
    t,
    cases.map(([request]) => request),
  )
  for (const [i, [request, wanted]] of cases.entries()) t.match(bases[i], wanted, request)
})

t.test('what never came to a decision was made of nothing', async (t) => {
  const [basis] = await basesOf(t, [get('/a/../b')])
  t.equal(basis, null)
})

t.test('requests that waited for their turn, and how many were decided meanwhile', async (t) => {
  const api = await startUpstream(t)
  const held: string[] = []
  api.answer = ({ target }) => {
    held.push(target)
    return null
  }
  const app = await startApp(t, textFor(api.origin))
  const client = app.client().send(get('/open').replaceAll('\n', '\r\n').repeat(10))
  await api.seen(8)
  client.leave()
  const records = await app.recorded(10)
  const decided = records.filter(({ basis }) => basis !== null)
  t.equal(decided.length, 8)
  t.strictSame(
    decided.map(({ basis }) => (basis?.seq ?? 0) + (basis?.during ?? 0)),
    decided.map(() => 8),
  )
})

t.test('all that is asked of a request is asked at one moment, the one that is told', async (t) => {
  const api = await startUpstream(t)
  const counters = new MemoryCounters()
  const chargedAt: number[] = []
  const charge = counters.charge.bind(counters)
  counters.charge = (charges, nowMs) => {
    chargedAt.push(nowMs)
    return charge(charges, nowMs)
  }
  const limits = 'limits: { few: { by: ip, rate: 9/second }, each: { by: key, rate: 9/second } }'
  const text = textFor(api.origin).replace('defaults:', `${limits}\ndefaults:`)
  const app = await startApp(t, text.replace('mode: report', 'limits: [few, each]'), { counters })
  const startedAt = Date.now()
  let ticks = 0
  t.intercept(Date, 'now', { value: () => startedAt + ++ticks })
  app.client().send(get('/gone', `x-api-key: ${KEY}\n`).replaceAll('\n', '\r\n'))
  const [record] = await app.recorded(1)
  t.strictSame(chargedAt, [record?.atMs, record?.atMs])
})

t.test('a key that a client puts into its path is not written down', async (t) => {
  const api = await startUpstream(t)
  const app = await startApp(t, textFor(api.origin).replace('path: /open', 'path: /open/:id'))
  const key = newKey(randomBytes)
  app.client().send(get(`/open/${key}`).replaceAll('\n', '\r\n'))
  const [record] = await app.recorded(1)
  t.match(record, { route: 'open', path: '/open/sp_live_***' })
  const [seen] = await api.seen(1)
  t.match(seen, { target: `/open/${key}` })
})
