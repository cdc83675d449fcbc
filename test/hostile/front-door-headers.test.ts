import t from 'tap'
import { KEY, OTHER_KEY, startApp } from '../support/app.ts'
import { got } from '../support/raw-client.ts'
import { sent } from '../support/raw-upstream.ts'
import { assertProblem, assertRefused, forwarded, policyFor, startDoor } from './front-door.ts'

const door = await startDoor(t)

function get(path: string, ...fields: string[]): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`
}

const INJECTED = [
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'forwarded',
  'traceparent',
  'x-sallyport-subject',
  'x-sallyport-org',
  'x-sallyport-scopes',
  'x-sallyport-key-id',
  'x-sallyport-auth',
]

for (const name of INJECTED) {
  t.test(`V19 Connection: close, ${name} does not take ours away`, async (t) => {
    await forwarded(door, get('/admin/x', `X-Api-Key: ${KEY}`, `Connection: close, ${name}`))
    t.ok(sent(door.upstream.requests[0], name), `${name} arrives`)
  })
}

for (const name of ['x-api-key', 'authorization', 'cookie']) {
  t.test(`V20 Connection: ${name} does not make the request anonymous`, async (t) => {
    const fields = [`X-Api-Key: ${KEY}`, 'Cookie: a=b', `Connection: ${name}`]
    const reply = await forwarded(door, get('/admin/x', ...fields))
    t.equal(reply.status, 200)
    t.equal(sent(door.upstream.requests[0], 'x-sallyport-subject'), 'ann')
    t.equal(door.app.records[0]?.principal.keyId, 'acme-prod')
  })
}

for (const name of [
  'transfer-encoding',
  'content-length',
  'host',
  'content-length, transfer-encoding, host',
]) {
  t.test(`V21 Connection: ${name} leaves length, host and body whole`, async (t) => {
    const fields = `Host: a\r\nConnection: ${name}\r\n`
    const reply = await forwarded(door, `POST /public/x HTTP/1.1\r\n${fields}Content-Length: 5\r\n\r\nhello`)
    t.equal(reply.status, 200)
    const [request] = door.upstream.requests
    t.strictSame(
      [request?.body, sent(request, 'host'), sent(request, 'connection')],
      ['hello', 'a', 'keep-alive'],
    )
    await forwarded(
      door,
      `POST /public/x HTTP/1.1\r\n${fields}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    )
    t.strictSame([door.upstream.requests[0]?.body, door.upstream.requests.length], ['hello', 1])
  })
}

for (const name of [
  'x-sallyport-subject',
  'X-Sallyport-ORG',
  'X-SALLYPORT-ROLES',
  'x-sallyport-Scopes',
  'X-Sallyport-Key-Id',
  'x-sallyport-auth',
]) {
  t.test(`V22 ${name} of a client never arrives`, async (t) => {
    await forwarded(door, get('/public/x', `${name}: root`, `${name}: admin`))
    t.equal(sent(door.upstream.requests[0], name), name === 'x-sallyport-auth' ? 'anonymous' : null)
    t.notOk(door.upstream.log.includes('root'))
    await forwarded(door, get('/admin/x', `X-Api-Key: ${KEY}`, `${name}: root`))
    t.notOk(door.upstream.log.includes('root'))
  })
}

t.test('V22 names that the policy gives and those it leaves never arrive from a client', async (t) => {
  const names = 'identity: { subject: x-authenticated-user, org: off }\n'
  const app = await startApp(t, policyFor(door.upstream.origin).replace('defaults:', `${names}defaults:`))
  const fields = ['X-Authenticated-User: root', 'X-Sallyport-Subject: root', 'X-Sallyport-Org: root']
  await forwarded({ app, upstream: door.upstream }, get('/public/x', ...fields))
  t.notOk(door.upstream.log.includes('root'))
  await forwarded({ app, upstream: door.upstream }, get('/admin/x', `X-Api-Key: ${KEY}`, ...fields))
  t.notOk(door.upstream.log.includes('root'))
  t.equal(sent(door.upstream.requests[0], 'x-authenticated-user'), 'ann')
})

for (const name of [
  'X_Sallyport_Subject',
  'X-Sallyport_Subject',
  'x_sallyport-org',
  'X_Forwarded_For',
  'X_Api_Key',
  'Content_Length',
  'Transfer_Encoding',
  'X_Request_Id',
]) {
  t.test(`V23 ${name} is refused`, async (t) => {
    await assertRefused(t, door, get('/public/x', `${name}: root`), { code: 'header_refused' })
  })
}

for (const name of [
  'X-Forwarded-For',
  'X-Real-IP',
  'True-Client-IP',
  'X-Client-IP',
  'X-Cluster-Client-IP',
  'CF-Connecting-IP',
]) {
  t.test(`V24 ${name} of an untrusted peer is not believed`, async (t) => {
    await forwarded(door, get('/public/x', `${name}: 10.9.8.7`))
    const [request] = door.upstream.requests
    t.notOk(door.upstream.log.includes('10.9.8.7'))
    t.equal(sent(request, 'x-forwarded-for'), '127.0.0.1')
    t.equal(door.app.records[0]?.client, '127.0.0.1')
  })
}

/** What each of them would say if it were believed. */
const CLAIMS: readonly (readonly [name: string, value: string])[] = [
  ['X-Forwarded-Proto', 'https'],
  ['X-Forwarded-Scheme', 'https'],
  ['X-Forwarded-Ssl', 'on-evil'],
  ['X-Forwarded-Host', 'evil.example'],
  ['X-Forwarded-Port', 'evil'],
  ['X-Forwarded-Prefix', '/evil'],
  ['X-Forwarded-Uri', '/evil'],
  ['X-Forwarded-Method', 'PURGE'],
  ['X-Forwarded-By', 'evil'],
  ['X-Forwarded-Server', 'evil'],
  ['X-Original-URL', '/evil'],
  ['X-Original-Uri', '/evil'],
  ['X-Original-Host', 'evil.example'],
  ['X-Rewrite-URL', '/evil'],
  ['Forwarded', 'for=10.9.8.7;host="evil.example";proto=https'],
  ['X-Request-Id', 'e'.repeat(32)],
  ['Traceparent', `00-${'e'.repeat(32)}-${'e'.repeat(16)}-01`],
  ['Tracestate', 'evil=1'],
]

for (const [name, value] of CLAIMS) {
  t.test(`V25 ${name} of an untrusted peer is dropped`, async (t) => {
    await forwarded(door, get('/public/x', `${name}: ${value}`))
    const [request] = door.upstream.requests
    t.notOk(door.upstream.log.includes(value))
    t.notMatch(sent(request, 'traceparent'), /e{32}/)
    t.equal(sent(request, 'x-forwarded-proto'), 'http')
    t.equal(sent(request, 'x-forwarded-host'), 'a')
    t.equal(sent(request, 'forwarded'), 'for=127.0.0.1;host="a";proto=http')
  })
}

for (const hosts of [
  'Host: a\r\nHost: a',
  'Host: a\r\nHost: b',
  'Host:',
  'Host: u@a',
  'Host: a/b',
  'Host: a,b',
  'Host: a b',
  'Host: a:x',
  'Host: a:99999',
  'Host: [::1',
  'Host: a?b',
  'Host: a#b',
  'Host: ..',
  'X-No: host',
]) {
  t.test(`V26 ${JSON.stringify(hosts)}`, async (t) => {
    await assertRefused(t, door, `GET /public/x HTTP/1.1\r\n${hosts}\r\n\r\n`, { code: 'host_invalid' })
  })
}

t.test('V26 a request of HTTP/1.0 without Host', async (t) => {
  await assertRefused(t, door, 'GET /public/x HTTP/1.0\r\n\r\n', { code: 'host_invalid' })
})

const TWINS = [
  ['Authorization twice', 'Authorization: Bearer a', 'Authorization: Bearer b'],
  ['X-Api-Key twice', `X-Api-Key: ${KEY}`, `X-Api-Key: ${OTHER_KEY}`],
  ['X-Api-Key twice, the same', `X-Api-Key: ${KEY}`, `x-api-key: ${KEY}`],
] as const

for (const [what, ...fields] of TWINS) {
  t.test(`V27 ${what}`, async (t) => {
    await assertRefused(t, door, get('/admin/x', ...fields), { code: 'credential_ambiguous' })
  })
}

t.test('V28 3000 fields are refused and never cut', async (t) => {
  const fields = Array.from({ length: 3000 }, (_, i) => `a${i % 10}:`)
  await assertRefused(t, door, get('/public/x', ...fields), { code: 'headers_too_large' })
})

t.test('V28 2500 fields and a key behind them are refused', async (t) => {
  const fields = [...Array.from({ length: 2500 }, () => 'a:'), `X-Api-Key: ${KEY}`]
  await assertRefused(t, door, get('/admin/x', ...fields), { code: 'headers_too_large' })
})

t.test('V28 one field above the limit is refused, and the limit itself is not', async (t) => {
  const fields = Array.from({ length: 99 }, () => 'a: b')
  t.equal((await forwarded(door, get('/public/x', ...fields))).status, 200)
  t.equal(door.upstream.requests[0]?.fields.filter(([name]) => name === 'a').length, 99)
  await assertRefused(t, door, get('/public/x', ...fields, 'a: b'), { code: 'headers_too_large' })
})

t.test('V29 escaped line ends in the path make no header', async (t) => {
  const reply = await assertRefused(t, door, get('/public/%0d%0aSet-Cookie:a=b'), { code: 'path_refused' })
  t.equal(got(reply, 'set-cookie'), null)
  assertProblem(t, reply, 'path_refused')
})
