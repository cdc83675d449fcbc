import t from 'tap'
import { adminScene, GOOD, TOKEN } from './scene.ts'

const AUTH = `authorization: Bearer ${TOKEN}`
const RELOAD = 'POST /policy/reload HTTP/1.1'

t.test('V104 a Host that is not ours is 421, whatever else is right', async (t) => {
  const { raw, port } = await adminScene(t)
  const foreign = [
    'evil',
    'evil.example:9902',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    '0.0.0.0',
    '[::2]',
    'a@localhost',
  ]
  for (const host of [...foreign, '', `user@127.0.0.1:${port}`, 'localhost, evil']) {
    t.equal((await raw('GET /policy HTTP/1.1', `host: ${host}`, AUTH)).status, 421, host)
  }
})

t.test('the own address, loopback and localhost are ours, at any port of a tunnel', async (t) => {
  const { raw, port } = await adminScene(t)
  for (const host of [`127.0.0.1:${port}`, 'localhost', 'LOCALHOST:8080', `[::1]:${port}`]) {
    t.equal((await raw('GET /policy HTTP/1.1', `host: ${host}`, AUTH)).status, 200, host)
  }
})

t.test('the name in admin.listen is ours', async (t) => {
  const { raw } = await adminScene(t, undefined, 'Gate.internal')
  t.equal((await raw('GET /policy HTTP/1.1', 'host: gate.internal:9902', AUTH)).status, 200)
  t.equal((await raw('GET /policy HTTP/1.1', 'host: other.internal:9902', AUTH)).status, 421)
})

t.test('V40 an absolute target cannot name another host than Host does', async (t) => {
  const { raw } = await adminScene(t)
  t.equal((await raw('GET http://evil/policy HTTP/1.1', 'host: localhost', AUTH)).status, 400)
})

t.test('a second Host, Origin, Authorization or Content-Type is 400', async (t) => {
  const { raw } = await adminScene(t)
  const host = 'host: localhost'
  for (const twice of [host, 'origin: http://localhost', AUTH, 'content-type: application/json']) {
    const reply = await raw('GET /policy HTTP/1.1', ...new Set([host, AUTH, twice]), twice)
    t.equal(reply.status, 400, twice)
  }
})

t.test('V104 another origin is 403, and gets no CORS field', async (t) => {
  const { raw } = await adminScene(t)
  for (const origin of [
    'http://evil.example',
    'null',
    'http://localhost:3000',
    'https://localhost',
    '*',
    '',
  ]) {
    const reply = await raw('GET /policy HTTP/1.1', 'host: localhost', AUTH, `origin: ${origin}`)
    t.equal(reply.status, 403, origin)
    t.notMatch(JSON.stringify(reply.fields), /access-control/i)
  }
  t.equal(
    (await raw('GET /policy HTTP/1.1', 'host: a.localhost', AUTH, 'origin: http://a.localhost')).status,
    421,
  )
})

t.test('the same origin may ask', async (t) => {
  const { raw, port } = await adminScene(t)
  const reply = await raw(
    'GET /policy HTTP/1.1',
    `host: localhost:${port}`,
    AUTH,
    `origin: http://localhost:${port}`,
  )
  t.equal(reply.status, 200)
})

t.test('V104 a cross-site text/plain POST changes nothing: 415, or 403 with its Origin', async (t) => {
  const { raw, events } = await adminScene(t)
  const types = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/json',
    '',
  ]
  for (const type of [...types, 'application/jsonp', 'text/plain; a=application/json']) {
    const sent = [RELOAD, 'host: localhost', AUTH, `content-type: ${type}`, 'content-length: 0']
    t.equal((await raw(...sent)).status, 415, type)
    t.equal((await raw(...sent, 'origin: http://evil.example')).status, 403, type)
  }
  t.equal((await raw(RELOAD, 'host: localhost', AUTH, 'content-length: 0')).status, 415)
  t.strictSame(events, [])
})

t.test('a preflight is answered by nobody', async (t) => {
  const { raw } = await adminScene(t)
  const asked = ['host: localhost', 'origin: http://evil.example', 'access-control-request-method: POST']
  const reply = await raw('OPTIONS /policy/reload HTTP/1.1', ...asked)
  t.equal(reply.status, 403)
  t.notMatch(JSON.stringify(reply.fields), /access-control/i)
})

t.test('V104 replies are of no use to a page: nosniff, CSP, no-store, no framing', async (t) => {
  const { url } = await adminScene(t)
  for (const init of [{ headers: GOOD }, {}]) {
    const { headers } = await fetch(`${url}/policy`, init)
    t.equal(headers.get('x-content-type-options'), 'nosniff')
    t.equal(headers.get('content-security-policy'), "default-src 'none';frame-ancestors 'none'")
    t.equal(headers.get('cache-control'), 'no-store')
    t.equal(headers.get('cross-origin-resource-policy'), 'same-origin')
  }
})
