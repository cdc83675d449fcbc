import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { WebSocket } from 'ws'
import { KEY, startApp } from '../support/app.ts'
import { startUpstream } from '../support/raw-upstream.ts'
import { policyFor, wire } from './websocket-world.ts'

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
  await once(socket, 'close')
  t.equal((await app.recorded(1)).length, 1)
})

t.test('an upstream that is not there ends the client’s connection', async (t) => {
  const app = await startApp(t, policyFor('http://127.0.0.1:1'))
  const socket = new WebSocket(`ws://127.0.0.1:${app.port}/open/x`)
  socket.on('error', () => undefined)
  await once(socket, 'close')
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

/** Resolves when a number has not changed for a while. */
async function stalled(read: () => number): Promise<void> {
  for (let last = -1, same = 0; same < 10; ) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    const now = read()
    same = now === last ? same + 1 : 0
    last = now
  }
}

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
