import t from 'tap'
import { got } from '../support/raw-client.ts'
import { sent } from '../support/raw-upstream.ts'
import { assertProblem, forwarded, quiet, startDoor } from './front-door.ts'

const door = await startDoor(t)

const CHUNKED = 'POST /public/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
const SMUGGLED = 'GET /public/smuggled HTTP/1.1\r\nHost: a\r\n\r\n'

const BAD_CHUNKS: readonly (readonly [id: string, what: string, bytes: string])[] = [
  ...['0x5', '+5', '-1', '1_0', ' 5', '5 ', '10000000000000005', 'g', '', '5\t'].map(
    (size) => ['V14', `size ${JSON.stringify(size)}`, `${size}\r\nhello\r\n0\r\n\r\n`] as const,
  ),
  ['V14', 'more data than the size says', '5\r\nhello!!\r\n0\r\n\r\n'],
  ['V14', 'a bare LF behind the data', '5\r\nhello\n0\r\n\r\n'],
  ['V14', 'a bare LF behind the size', '5\nhello\r\n0\r\n\r\n'],
  ['V15', 'a bare LF in an extension', '5;a\nhello\r\n0\r\n\r\n'],
  ['V15', 'a bare CR in an extension', '5;a\rb\r\nhello\r\n0\r\n\r\n'],
  ['V15', 'an extension of 64 KB', `5;${'a'.repeat(65_536)}\r\nhello\r\n0\r\n\r\n`],
]

for (const [id, what, chunks] of BAD_CHUNKS) {
  t.test(`${id} chunk with ${what}`, async (t) => {
    await quiet(door)
    const client = door.app.client()
    const reply = await client.send(CHUNKED + chunks + SMUGGLED).reply()
    await client.closed()
    assertProblem(t, reply, 'request_malformed')
    t.equal(got(reply, 'connection'), 'close')
    await door.app.recorded(1)
    t.strictSame(
      door.app.records.map(({ code, outcome, status }) => [code, outcome, status]),
      [['request_malformed', 'malformed', 400]],
    )
    await door.upstream.abandoned()
    t.notOk(door.upstream.log.includes('0\r\n\r\n'), 'the upstream never saw the end of the body')
    t.notOk(door.upstream.log.includes('smuggled'), 'what follows is not taken for a request')
    t.strictSame(door.upstream.requests, [], 'the upstream never had a whole request')
  })
}

t.test('V14 a bad second chunk aborts the upstream request that has begun', async (t) => {
  await quiet(door)
  const client = door.app.client().send(`${CHUNKED}5\r\nhello\r\n`)
  await door.upstream.logged('hello')
  const reply = await client.send('0x5\r\nworld\r\n0\r\n\r\n').reply()
  await client.closed()
  assertProblem(t, reply, 'request_malformed')
  await door.upstream.abandoned()
  t.strictSame(door.upstream.requests, [], 'it was never completed')
  await door.app.recorded(1)
  t.strictSame(
    door.app.records.map(({ code }) => code),
    ['request_malformed'],
  )
})

t.test('V15 a short extension is dropped and the data goes on', async (t) => {
  const reply = await forwarded(door, `${CHUNKED}5;name=value\r\nhello\r\n0\r\n\r\n`)
  t.equal(reply.status, 200)
  const [request] = door.upstream.requests
  t.equal(request?.body, 'hello')
  t.notOk(door.upstream.log.includes('name=value'))
})

for (const trailer of ['X-Sallyport-Subject: root', 'Host: evil', 'X-Plain: 1']) {
  t.test(`V16 the trailer ${trailer} is neither merged nor forwarded`, async (t) => {
    const reply = await forwarded(door, `${CHUNKED}5\r\nhello\r\n0\r\n${trailer}\r\n\r\n`)
    t.equal(reply.status, 200)
    const [request] = door.upstream.requests
    t.equal(request?.body, 'hello')
    t.equal(sent(request, 'host'), 'a')
    t.equal(sent(request, 'x-sallyport-subject'), null)
    t.notOk(door.upstream.log.includes(trailer))
  })
}

t.test('V16 the trailer Content-Length ends the request', async (t) => {
  await quiet(door)
  const client = door.app.client()
  const reply = await client.send(`${CHUNKED}5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n`).reply()
  await client.closed()
  assertProblem(t, reply, 'request_malformed')
  await door.upstream.abandoned()
  t.strictSame(door.upstream.requests, [])
})

for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE']) {
  t.test(`V17 ${method} with a body that is a request makes one upstream request`, async (t) => {
    const head = `${method} /public/x HTTP/1.1\r\nHost: a\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n`
    await quiet(door)
    const client = door.app.client()
    const reply = await client.send(head + SMUGGLED).reply(method === 'HEAD' ? 'reply to HEAD' : 'reply')
    t.equal(reply.status, 200)
    await door.app.recorded(1)
    t.strictSame(
      door.upstream.requests.map(({ method, target, body }) => [method, target, body]),
      [[method, '/public/x', SMUGGLED]],
    )
    client.leave()
  })
}

t.test('V18 a request with a key does not vouch for the one behind it', async (t) => {
  await quiet(door)
  const anonymous = 'GET /admin/two HTTP/1.1\r\nHost: a\r\n\r\n'
  const withKey = `GET /admin/one HTTP/1.1\r\nHost: a\r\nX-Api-Key: ${'demo-key-of-acme-0123456789'}\r\n\r\n`
  const client = door.app.client().send(withKey + anonymous)
  t.equal((await client.reply()).status, 200)
  assertProblem(t, await client.reply(), 'key_missing')
  await door.app.recorded(2)
  t.strictSame(
    door.app.records.map(({ path, code, principal }) => [path, code, principal.keyId]),
    [
      ['/admin/one', null, 'acme-prod'],
      ['/admin/two', 'key_missing', ''],
    ],
  )
  t.strictSame(
    door.upstream.requests.map(({ target }) => target),
    ['/admin/one'],
  )
  client.leave()
})
