import { once } from 'node:events'
import t from 'tap'
import { KEY, OTHER_KEY, startApp } from '../support/app.ts'
import { sent, startUpstream } from '../support/raw-upstream.ts'
import {
  assertHonestOnly,
  assertProblem,
  assertRefused,
  type Door,
  forwarded,
  policyFor,
  quiet,
  startDoor,
} from './front-door.ts'

const door = await startDoor(t)

function request(line: string, ...fields: string[]): string {
  return `${line}\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`
}

function get(target: string, ...fields: string[]): string {
  return request(`GET ${target} HTTP/1.1`, ...fields)
}

t.test('V27 a bearer and a key of two principals', async (t) => {
  const upstream = await startUpstream(t)
  const policy = policyFor(upstream.origin).replace(
    'defaults:',
    'authenticators: { key: { type: api_key, in: ["header:x-api-key", bearer] } }\ndefaults:',
  )
  const two: Door = { app: await startApp(t, policy), upstream }
  const bytes = get('/admin/x', `Authorization: Bearer ${OTHER_KEY}`, `X-Api-Key: ${KEY}`)
  await assertRefused(t, two, bytes, { code: 'credential_ambiguous', closes: false })
})

t.test('V30 Expect: 100-continue works end to end', async (t) => {
  await quiet(door)
  const client = door.app.client()
  client.send('POST /public/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n')
  t.equal((await client.reply()).status, 100)
  t.equal((await client.send('hello').reply()).status, 200)
  client.leave()
  t.equal(door.upstream.requests[0]?.body, 'hello')
  t.equal(sent(door.upstream.requests[0], 'expect'), null)
})

for (const value of ['y 100-continue', '200-ok', '100-continue, x', '']) {
  t.test(`V30 Expect: ${JSON.stringify(value)} cannot be met`, async (t) => {
    const bytes = 'POST /public/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n'
    await assertRefused(t, door, `${bytes}Expect: ${value}\r\n\r\n`, { code: 'expect_refused' })
  })
}

for (const field of [
  'Proxy: http://evil',
  'Proxy-Authorization: Basic eA==',
  'TE: trailers',
  'Keep-Alive: timeout=5',
  'Proxy-Connection: keep-alive',
  'HTTP2-Settings: AAMA',
  'Trailer: x',
]) {
  t.test(`V31 ${field} is not forwarded`, async (t) => {
    t.equal((await forwarded(door, get('/public/x', field))).status, 200)
    t.equal(sent(door.upstream.requests[0], field.split(':')[0] ?? ''), null)
  })
}

for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
  t.test(`V32 a header and a parameter named ${name} pollute nothing`, async (t) => {
    const target = `/public/x?${name}=1&${name}[x]=2`
    const reply = await forwarded(door, get(target, `${name}: x`, `${name}: y`, `Connection: ${name}-none`))
    t.equal(reply.status, 200)
    t.equal(door.upstream.requests[0]?.target, target)
    t.equal(sent(door.upstream.requests[0], name), 'x && y')
    t.strictSame([Reflect.get({}, 'x'), Reflect.get(Object, 'x')], [undefined, undefined])
    await forwarded(door, get('/public/x', `${name}: x`, `Connection: ${name}`))
    t.equal(sent(door.upstream.requests[0], name), null, 'and it can be nominated like every other')
  })
}

t.test('V33 Upgrade: h2c is a request like any other and makes no tunnel', async (t) => {
  await quiet(door)
  const fields = ['Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAAP__']
  const client = door.app.client().send(get('/public/x', ...fields))
  t.equal((await client.reply()).status, 200)
  client.send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  await once(client.socket.end(), 'close')
  const [request] = door.upstream.requests
  t.equal(sent(request, 'upgrade'), null)
  t.equal(sent(request, 'http2-settings'), null)
  t.notOk(door.upstream.log.includes('PRI'), 'nothing goes past the parser')
})

t.test('V33 Upgrade: websocket on a route without it', async (t) => {
  const fields = [
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ]
  await assertRefused(t, door, get('/public/x', ...fields), { code: 'upgrade_refused' })
})

for (const field of [
  'X-HTTP-Method-Override: DELETE',
  'X-HTTP-Method: DELETE',
  'X-Method-Override: DELETE',
]) {
  t.test(`V45 ${field} is stripped and the real method judged`, async (t) => {
    await forwarded(door, get('/public/x?_method=DELETE', field))
    t.equal(door.upstream.requests[0]?.method, 'GET')
    t.equal(sent(door.upstream.requests[0], field.split(':')[0] ?? ''), null)
  })
}

t.test('V45 TRACE', async (t) => {
  await assertRefused(t, door, request('TRACE /public/x HTTP/1.1'), { code: 'method_unsupported' })
})

t.test('V45 a method that the route does not list', async (t) => {
  await assertRefused(t, door, request('PROPFIND /public/x HTTP/1.1'), { code: 'no_route', closes: false })
})

for (const line of [
  'get /public/x HTTP/1.1',
  'FOO /public/x HTTP/1.1',
  'GETX /public/x HTTP/1.1',
  ' GET /public/x HTTP/1.1',
]) {
  t.test(`V45 ${line}`, async (t) => {
    await assertRefused(t, door, request(line), { code: 'request_malformed' })
  })
}

t.test('V45 a second space in the request line is not handed on', async (t) => {
  t.equal((await forwarded(door, request('GET  /public/x HTTP/1.1'))).status, 200)
  t.ok(door.upstream.log.startsWith('GET /public/x HTTP/1.1\r\n'))
})

const VERSIONS = [
  'GET /public/x\r\n\r\n',
  request('GET /public/x HTTP/1.2'),
  request('GET /public/x HTTP/2.0'),
  request('GET /public/x HTTP/0.9'),
  request('GET /public/x HTTP/1'),
  request('GET /public/x http/1.1'),
  request('GET /public/x HTTPS/1.1'),
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
]

for (const bytes of VERSIONS) {
  t.test(`V46 ${JSON.stringify(bytes.slice(0, 30))}`, async (t) => {
    await quiet(door)
    const client = door.app.client()
    const reply = await client.send(bytes).reply()
    await client.closed()
    const code = door.app.records[0]?.code ?? 'internal'
    t.ok(['version_unsupported', 'request_malformed'].includes(code), code)
    assertProblem(t, reply, code)
    await assertHonestOnly(t, door, code)
  })
}

t.test('V47 a target of 8000 bytes is fine', async (t) => {
  const target = `/public/${'x'.repeat(8000 - 8)}`
  t.equal((await forwarded(door, get(target))).status, 200)
  t.equal(door.upstream.requests[0]?.target, target)
})

t.test('V47 a target above the limit', async (t) => {
  await assertRefused(t, door, get(`/public/${'x'.repeat(8192)}`), { code: 'target_too_long' })
})

t.test('V47 a target of 1 MB', async (t) => {
  await assertRefused(t, door, get(`/public/${'x'.repeat(1_000_000)}`), { code: 'headers_too_large' })
})

t.test('V47 a header of 1 MB', async (t) => {
  await assertRefused(t, door, get('/public/x', `a: ${'x'.repeat(1_000_000)}`), { code: 'headers_too_large' })
})
