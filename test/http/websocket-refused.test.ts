import { once } from 'node:events'
import t from 'tap'
import type { WebSocket } from 'ws'
import { assertProblem } from '../hostile/front-door.ts'
import { wire } from './websocket-world.ts'

async function statusOf(socket: WebSocket): Promise<number | undefined> {
  socket.on('error', () => undefined)
  const [, response] = await once(socket, 'unexpected-response')
  return response.statusCode
}

for (const [what, path, status, code] of [
  ['V33 a route without websocket: true', '/plain', 403, 'upgrade_refused'],
  ['a missing key', '/keyed/x', 401, 'key_missing'],
  ['no route', '/nowhere', 404, 'no_route'],
  ['an ambiguous path', '/open/a%2fb', 400, 'path_refused'],
] as const) {
  t.test(`${what} is ${status} before any upgrade`, async (t) => {
    const { app, handshakes, open } = await wire(t)
    t.equal(await statusOf(open(path)), status)
    t.strictSame(
      (await app.recorded(1)).map((record) => [record.code, record.status]),
      [[code, status]],
    )
    t.equal(handshakes.length, 0)
    t.equal(app.gate.inFlight, 0)
  })
}

const HANDSHAKE = [
  'Host: a',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
].join('\r\n')

t.test('a refused upgrade gets the whole problem and the end of the connection', async (t) => {
  const { app } = await wire(t)
  const client = app
    .client()
    .send(`GET /plain HTTP/1.1\r\n${HANDSHAKE}\r\n\r\nGET /open/x HTTP/1.1\r\nHost: a\r\n\r\n`)
  assertProblem(t, await client.reply(), 'upgrade_refused')
  await client.closed()
  t.equal(app.records.length, 1)
})

t.test('an upgrade with a body is refused', async (t) => {
  const { app, handshakes } = await wire(t)
  for (const framing of [
    'Content-Length: 5\r\n\r\nhello',
    'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    'Content-Length: 5\r\n\r\n',
  ]) {
    app.records.length = 0
    const client = app.client().send(`GET /open/x HTTP/1.1\r\n${HANDSHAKE}\r\n${framing}`)
    t.equal((await client.reply()).status, 400)
    await client.closed()
    t.strictSame(
      (await app.recorded(1)).map(({ code }) => code),
      ['request_malformed'],
    )
  }
  t.equal(handshakes.length, 0)
})

t.test('a handshake without a key or of another version is refused and told of once', async (t) => {
  const { app, handshakes } = await wire(t)
  for (const broken of [
    HANDSHAKE.replace('AAAAAAAAAAAAAAAAAAAAAA==', 'short'),
    HANDSHAKE.replace('13', '12'),
  ]) {
    app.records.length = 0
    const client = app.client().send(`GET /open/x HTTP/1.1\r\n${broken}\r\n\r\n`)
    const reply = await client.reply()
    t.ok(reply.status >= 400 && reply.status < 500, String(reply.status))
    await client.closed()
    t.strictSame(
      (await app.recorded(1)).map(({ status }) => status),
      [reply.status],
    )
  }
  t.equal(handshakes.length, 0)
})

t.test('no bytes pass that are no WebSocket frames', async (t) => {
  const { app } = await wire(t)
  const client = app.client().send(`GET /open/x HTTP/1.1\r\n${HANDSHAKE}\r\n\r\n`)
  t.equal((await client.reply()).status, 101)
  client.send('GET /open/smuggled HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.closed()
  t.equal((await app.recorded(1)).length, 1)
})
