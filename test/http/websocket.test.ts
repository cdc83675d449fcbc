import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { WebSocket } from 'ws'
import type { Policy } from '../../src/core/policy.ts'
import { assertProblem } from '../hostile/front-door.ts'
import { KEY, startApp } from '../support/app.ts'
import { got } from '../support/raw-client.ts'
import { sent, startUpstream } from '../support/raw-upstream.ts'
import { handshake, policyFor, stalled, switching, wire } from './websocket-world.ts'

t.test('messages go both ways, text and binary, and one record tells of it', async (t) => {
  const { app, open } = await wire(t)
  const socket = open('/open/x')
  await once(socket, 'open')
  for (const message of ['hello', Buffer.from([0, 255, 1]), '']) {
    socket.send(message)
    const [data, isBinary] = await once(socket, 'message')
    t.strictSame(
      [data.toString('latin1'), isBinary],
      [message.toString('latin1'), typeof message !== 'string'],
    )
  }
  t.equal(app.records.length, 0, 'nothing is told while it is open')
  socket.close(4321, 'done')
  await once(socket, 'close')
  const [record, ...more] = await app.recorded(1)
  t.equal(more.length, 0)
  t.match(record, {
    status: 101,
    outcome: 'forward',
    route: 'open',
    upstream: 'api',
    code: null,
    aborted: false,
  })
  t.equal(app.gate.inFlight, 0)
})

t.test('the upstream gets the canonical path below its base, and the query as sent', async (t) => {
  const { taken, open } = await wire(t)
  let count = 0
  for (const [path, target] of [
    ['/open/%78/y?a=1&a=%zz+b', '/base/x/y?a=1&a=%zz+b'],
    ['/open/x', '/base/x'],
    ['/open/a%20b/c?q=%27%7C', '/base/a%20b/c?q=%27%7C'],
    [`/open/a?q='|{}&b=%41+%zz`, `/base/a?q='|{}&b=%41+%zz`],
  ]) {
    await once(open(path ?? ''), 'open')
    t.equal((await taken(++count)).at(-1)?.url, target)
  }
})

t.test('the handshake carries our fields and none of the client’s copies', async (t) => {
  const { taken, open } = await wire(t)
  const socket = open('/keyed/x', {
    'X-Api-Key': KEY,
    'X-Sallyport-Subject': 'root',
    'X-Forwarded-For': '10.9.8.7',
    'X-Real-IP': '10.9.8.7',
    Proxy: 'http://evil',
    'X-Own': 'kept',
    Cookie: 'a=b',
  })
  await once(socket, 'open')
  const handshakes = await taken(1)
  const headers: IncomingMessage['headers'] = handshakes[0]?.headers ?? {}
  t.match(headers, {
    'x-sallyport-subject': 'ann',
    'x-sallyport-key-id': 'acme-prod',
    'x-forwarded-for': '127.0.0.1',
    'x-own': 'kept',
    cookie: 'a=b',
  })
  t.match(headers['x-request-id'], /^[0-9a-f]{32}$/)
  t.strictSame([headers['x-api-key'], headers['x-real-ip'], headers.proxy], [undefined, undefined, undefined])
  t.notMatch(JSON.stringify(handshakes[0]?.rawHeaders), /root|10\.9\.8\.7/)
})

t.test('the 101 has the id of the request, as every reply has', async (t) => {
  const { app, taken } = await wire(t)
  const client = app.client().send(handshake('/keyed/x', `X-Api-Key: ${KEY}`))
  const reply = await client.reply()
  t.equal(reply.status, 101)
  const [seen] = await taken(1)
  client.leave()
  const [record] = await app.recorded(1)
  t.match(record?.id, /^[0-9a-f]{32}$/)
  t.strictSame([got(reply, 'x-request-id'), seen?.headers['x-request-id']], [record?.id, record?.id])
  t.equal(record?.client, '127.0.0.1')
})

for (const [route, path, target] of [
  ['{ id: cut, match: { path: /cut }, websocket: true, strip_prefix: /cut }', '/cut', '/base/'],
  ['{ id: cut, match: { path: /cut/* }, websocket: true, strip_prefix: /cut }', '/cut/', '/base/'],
] as const) {
  t.test(`a WebSocket to ${path}, of which strip_prefix leaves no path, goes to ${target}`, async (t) => {
    const upstream = await startUpstream(t)
    upstream.answer = (request) => switching(request)
    const app = await startApp(t, `${policyFor(`${upstream.origin}/base`)}  - ${route}\n`)
    const client = app.client().send(handshake(path))
    t.equal((await client.reply()).status, 101)
    t.equal(upstream.requests[0]?.target, target)
  })
}

t.test('a WebSocket whose path strip_prefix cannot be cut off is refused like other requests', async (t) => {
  const upstream = await startUpstream(t)
  // The compiler lets no such route pass.
  const change = (policy: Policy): Policy => {
    const find: Policy['find'] = (...asked) => {
      const route = policy.find(...asked)
      return route === null ? null : { ...route, stripPrefix: '/cut' }
    }
    return { ...policy, find }
  }
  const app = await startApp(t, policyFor(upstream.origin), { change })
  for (const request of [handshake(), 'GET /open/x HTTP/1.1\r\nHost: a\r\n\r\n']) {
    const client = app.client().send(request)
    assertProblem(t, await client.reply(), 'path_refused')
    client.leave()
  }
  t.equal(upstream.log, '')
  const refused = { code: 'path_refused', status: 400, outcome: 'forward', upstream: null }
  t.match(await app.recorded(2), [refused, refused])
})

t.test('the API chooses the subprotocol', async (t) => {
  const upstream = await startUpstream(t)
  upstream.answer = (request) => switching(request, 'Sec-WebSocket-Protocol: other')
  const app = await startApp(t, policyFor(upstream.origin))
  const socket = new WebSocket(`ws://127.0.0.1:${app.port}/open/x`, ['chat', 'other'])
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  t.equal(socket.protocol, 'other')
  t.equal(sent(upstream.requests[0], 'sec-websocket-protocol'), 'chat,other')
})

t.test('an API that chooses no subprotocol leaves that to the client', async (t) => {
  const upstream = await startUpstream(t)
  upstream.answer = (request) => switching(request)
  const app = await startApp(t, policyFor(upstream.origin))
  const client = app.client().send(handshake('/open/x', 'Sec-WebSocket-Protocol: chat'))
  const reply = await client.reply()
  t.strictSame([reply.status, got(reply, 'sec-websocket-protocol')], [101, null])
})

t.test('a subprotocol is agreed on', async (t) => {
  const { app } = await wire(t)
  const socket = new WebSocket(`ws://127.0.0.1:${app.port}/open/x`, ['chat', 'other'])
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  t.equal(socket.protocol, 'chat')
})

t.test('an upstream that refuses the handshake ends the client’s connection', async (t) => {
  const upstream = await startUpstream(t)
  upstream.answer = () => 'HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n'
  const app = await startApp(t, policyFor(upstream.origin))
  const socket = new WebSocket(`ws://127.0.0.1:${app.port}/open/x`)
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('close', resolve))
  t.equal((await app.recorded(1)).length, 1)
})

t.test('an upstream that is not there ends the client’s connection', async (t) => {
  const app = await startApp(t, policyFor('http://127.0.0.1:1'))
  const socket = new WebSocket(`ws://127.0.0.1:${app.port}/open/x`)
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('close', resolve))
  t.equal((await app.recorded(1)).length, 1)
})

t.test('a client that is gone ends the upstream connection', async (t) => {
  const { app, server, taken, open } = await wire(t)
  const socket = open('/open/x')
  await once(socket, 'open')
  await taken(1)
  const [behind] = server.clients
  socket.terminate()
  if (behind !== undefined && behind.readyState !== behind.CLOSED) await once(behind, 'close')
  t.equal((await app.recorded(1)).length, 1)
})

t.test('an upstream that is gone ends the client’s connection', async (t) => {
  const { app, server, taken, open } = await wire(t)
  const socket = open('/open/x')
  await once(socket, 'open')
  await taken(1)
  const closed = once(socket, 'close')
  for (const behind of server.clients) behind.terminate()
  await closed
  t.equal((await app.recorded(1)).length, 1)
})

t.test('a flood towards an upstream that reads nothing waits with the client', async (t) => {
  const { open } = await wire(t, (socket) => socket.pause())
  const socket = open('/open/x')
  await once(socket, 'open')
  const before = process.memoryUsage().rss
  const message = Buffer.alloc(256 * 1024)
  // 200 MB in all: far more than the kernel and the gate may hold.
  for (let i = 0; i < 800; i++) socket.send(message)
  await stalled(() => socket.bufferedAmount)
  t.ok(socket.bufferedAmount > 150 * 1024 * 1024, `${socket.bufferedAmount} bytes are still with the client`)
  t.ok(process.memoryUsage().rss - before < 400 * 1024 * 1024)
})

t.test('a flood towards a client that reads nothing waits with the upstream', async (t) => {
  const { server, taken, open } = await wire(t, () => undefined)
  const socket = open('/open/x')
  await once(socket, 'open')
  await taken(1)
  socket.pause()
  const [behind] = server.clients
  for (let i = 0; i < 800; i++) behind?.send(Buffer.alloc(256 * 1024))
  await stalled(() => behind?.bufferedAmount ?? 0)
  t.ok(
    (behind?.bufferedAmount ?? 0) > 150 * 1024 * 1024,
    `${behind?.bufferedAmount} bytes are still with the upstream`,
  )
})

t.test('S3 a client that ignores the end is cut with the rest', { timeout: 10_000 }, async (t) => {
  const { app, open } = await wire(t)
  const socket = open('/open/x')
  await once(socket, 'open')
  socket.pause()
  const stopped = app.server.stop()
  app.server.cut()
  await stopped
  t.match(await app.recorded(1), [{ status: 101, route: 'open' }])
})

t.test('S3 an open WebSocket does not keep the listener open', { timeout: 10_000 }, async (t) => {
  const { app, open } = await wire(t)
  const socket = open('/open/x')
  await once(socket, 'open')
  socket.pause()
  const stopped = app.server.stop()
  const late = connect(app.port, '127.0.0.1')
  const [error] = await once(late, 'error')
  t.match(error, { code: 'ECONNREFUSED' })
  socket.resume()
  await stopped
})
