import t from 'tap'
import { adminScene, JSON_POST, TOKEN } from './scene.ts'

const AUTH = `authorization: Bearer ${TOKEN}`

t.test('headers are bounded', async (t) => {
  const { raw } = await adminScene(t)
  const reply = await raw('GET /policy HTTP/1.1', 'host: localhost', AUTH, `x: ${'x'.repeat(9000)}`)
  t.match(reply, { status: 431, body: /"code":"headers_too_large"/ })
})

t.test('bodies are bounded, whether or not they say so', async (t) => {
  const { ask, raw } = await adminScene(t)
  const body = JSON.stringify({ x: 'x'.repeat(2000) })
  t.match(await ask('/policy/reload', { ...JSON_POST, body }), { status: 413, text: /"body_too_large"/ })
  const chunked = ['content-type: application/json', 'transfer-encoding: chunked', '']
  const big = `${(2000).toString(16)}\r\n${'x'.repeat(2000)}\r\n0`
  const reply = await raw('POST /policy/reload HTTP/1.1', 'host: localhost', AUTH, ...chunked, big)
  t.equal(reply.status, 413)
})

t.test('V2 a body of two lengths is 400', async (t) => {
  const { raw } = await adminScene(t)
  const sent = ['host: localhost', AUTH, 'content-type: application/json', 'content-length: 2']
  t.equal((await raw('POST /policy/reload HTTP/1.1', ...sent, 'content-length: 3')).status, 400)
  t.equal((await raw('POST /policy/reload HTTP/1.1', ...sent, 'transfer-encoding: chunked')).status, 400)
})

t.test('a target that cannot be read is 400, without an echo', async (t) => {
  const { raw } = await adminScene(t)
  const reply = await raw('GET /%zz<b> HTTP/1.1', 'host: localhost', AUTH)
  t.equal(reply.status, 400)
  t.notMatch(reply.body.toString(), /zz/)
})

t.test('a refusal ends the connection: what comes behind it is not read', async (t) => {
  const { raw } = await adminScene(t)
  const reply = await raw('GET /policy HTTP/1.1', 'host: localhost')
  t.match(JSON.stringify(reply.fields), /"connection","close"|"connection":"close"/i)
})
