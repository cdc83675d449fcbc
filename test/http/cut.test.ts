import { once } from 'node:events'
import type { Socket } from 'node:net'
import { finished } from 'node:stream/promises'
import t from 'tap'
import { assertProblem } from '../hostile/front-door.ts'
import { KEY } from '../support/app.ts'
import { head, startWorld } from './world.ts'

const IDLE_MS = 300
const world = await startWorld(t, { bounds: { idleMs: IDLE_MS } })
const { app, upstream } = world

t.beforeEach(() => {
  app.records.length = 0
  upstream.reset()
})

/** What the records say, less what differs from run to run. */
function told(): unknown[] {
  return app.records.map(({ code, status, aborted, outcome }) => ({ code, status, aborted, outcome }))
}

/** Resolves when a connection is over, however it ended. */
async function gone(socket: Socket | undefined): Promise<void> {
  if (socket?.destroyed === false) await finished(socket).catch(() => undefined)
}

t.test('V85 a client that leaves in the middle of its upload ends the upstream request', async (t) => {
  const client = app.client().send(`${head('POST /x', 'Content-Length: 100000')}begin`)
  await upstream.logged('begin')
  client.leave()
  await upstream.abandoned()
  await app.recorded(1)
  t.strictSame(told(), [{ code: 'client_closed', status: 0, aborted: true, outcome: 'forward' }])
  t.equal(app.gate.inFlight, 0)
})

t.test('V85 a client that leaves in the middle of a download ends the upstream request', async (t) => {
  upstream.answer = () => 'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\nbegin'
  const client = app.client().send(head('GET /x'))
  await client.until('begin')
  const [request] = upstream.requests
  client.leave()
  await gone(request?.socket)
  await app.recorded(1)
  t.strictSame(told(), [{ code: 'client_closed', status: 200, aborted: true, outcome: 'forward' }])
})

t.test('V85 a client that leaves before the reply ends the upstream request', async (t) => {
  upstream.answer = () => null
  const client = app.client().send(head('GET /x'))
  const [request] = await upstream.seen(1)
  client.leave()
  await gone(request?.socket)
  await app.recorded(1)
  t.strictSame(told(), [{ code: 'client_closed', status: 0, aborted: true, outcome: 'forward' }])
})

t.test('V85 pipelined requests of a client that leaves all end, and each is told of', async (t) => {
  upstream.answer = () => null
  const client = app.client().send(head('GET /1') + head('GET /2') + head('GET /3'))
  await upstream.seen(3)
  const sockets = upstream.requests.map(({ socket }) => socket)
  client.leave()
  for (const socket of sockets) await gone(socket)
  await app.recorded(3)
  t.strictSame(app.records.map(({ path, code }) => [path, code]).sort(), [
    ['/1', 'client_closed'],
    ['/2', 'client_closed'],
    ['/3', 'client_closed'],
  ])
  t.equal(app.gate.inFlight, 0)
})

t.test('V85 200 clients that leave bring everything back to where it was', async (t) => {
  upstream.answer = () => null
  const clients = Array.from({ length: 200 }, (_, i) =>
    app.client().send(i % 2 === 0 ? head('GET /x') : `${head('POST /x', 'Content-Length: 9')}x`),
  )
  await upstream.seen(100)
  for (const client of clients) client.leave()
  await app.recorded(200)
  await upstream.drained()
  t.equal(app.gate.inFlight, 0)
  t.ok(app.back.origins().every(({ active, waiting }) => active === 0 && waiting === 0))
  t.equal(app.records.length, 200)
})

t.test('V88 a reply that ends early is cut, never completed', async (t) => {
  for (const answer of [
    'content-length: 10\r\n\r\nhalf',
    'transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  ]) {
    app.records.length = 0
    upstream.reset()
    upstream.answer = ({ socket }) => {
      socket.end(`HTTP/1.1 200 OK\r\n${answer}`)
      return null
    }
    const client = app.client().send(head('GET /x'))
    await client.closed()
    t.match(client.received, /half/)
    t.notMatch(client.received, /\r\n0\r\n\r\n/)
    await app.recorded(1)
    const [{ code } = { code: null }] = app.records
    t.ok(['upstream_reply_invalid', 'upstream_unreachable'].includes(code ?? ''), String(code))
    t.strictSame(told(), [{ code, status: 200, aborted: false, outcome: 'forward' }])
  }
})

t.test('V83 a body that stands still is 408', async (t) => {
  const client = app.client().send(`${head('POST /x', 'Content-Length: 100')}begin`)
  assertProblem(t, await client.reply(), 'request_timeout')
  await client.closed()
  await upstream.abandoned()
  t.strictSame(upstream.requests, [])
  await app.recorded(1)
  t.strictSame(told(), [{ code: 'request_timeout', status: 408, aborted: false, outcome: 'forward' }])
})

t.test('V83 a body that stands still after the upstream has stopped reading too is 408', async (t) => {
  upstream.connecting = (socket) => socket.pause()
  upstream.isQuiet = true
  const client = app.client().send(`${head('POST /x', 'Content-Length: 100000000')}begin`)
  assertProblem(t, await client.reply(), 'request_timeout')
  await client.closed()
  upstream.isQuiet = false
})

t.test('V83 a body that comes slowly but comes is taken', async (t) => {
  const client = app.client().send(head('POST /x', 'Content-Length: 8'))
  for (const byte of 'slowbody') {
    client.send(byte)
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS / 4))
  }
  t.equal((await client.reply()).status, 200)
  client.leave()
})

t.test('V83 a reader that stands still is cut', async (t) => {
  upstream.answer = ({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 50000000\r\n\r\n')
    socket.write(Buffer.alloc(50_000_000))
    return null
  }
  const client = app.client()
  client.socket.pause()
  client.send(head('GET /x'))
  const [request] = await upstream.seen(1)
  await gone(request?.socket)
  await app.recorded(1)
  t.strictSame(told(), [{ code: 'client_closed', status: 200, aborted: true, outcome: 'forward' }])
  const ended = once(client.socket, 'end')
  client.socket.resume()
  await t.rejects(ended, { code: 'ECONNRESET' }, 'nothing waits in the kernel until it reads on')
})

t.test('V84 a declared length above max_body is refused at once', async (t) => {
  const client = app.client().send(head('POST /small/x', 'Content-Length: 10000000000'))
  assertProblem(t, await client.reply(), 'body_too_large')
  await client.closed()
  t.equal(upstream.log, '')
})

t.test('V84 chunks above max_body end the upload with 413', async (t) => {
  const client = app.client().send(head('POST /small/x', 'Transfer-Encoding: chunked'))
  client.send(`3e8\r\n${'x'.repeat(1000)}\r\n`)
  await upstream.logged('x'.repeat(1000))
  client.send(`3e8\r\n${'x'.repeat(1000)}\r\n`)
  assertProblem(t, await client.reply(), 'body_too_large')
  await client.closed()
  await upstream.abandoned()
  t.strictSame(upstream.requests, [])
  await app.recorded(1)
  t.strictSame(told(), [{ code: 'body_too_large', status: 413, aborted: false, outcome: 'forward' }])
})

t.test('V84 a refused request with endless chunks does not keep its connection', async (t) => {
  const client = app.client().send(head('POST /keyed/x', 'Transfer-Encoding: chunked'))
  const pump = setInterval(() => client.send(`3e8\r\n${'x'.repeat(1000)}\r\n`), 5)
  assertProblem(t, await client.reply(), 'key_missing')
  await client.closed()
  clearInterval(pump)
  t.equal((await app.recorded(1)).length, 1)
})

t.test('a refused request with a small body keeps its connection', async (t) => {
  const client = app.client().send(`${head('POST /keyed/x', 'Content-Length: 5')}hello`)
  t.equal((await client.reply()).status, 401)
  t.equal((await client.send(head('GET /keyed/x', `X-Api-Key: ${KEY}`)).reply()).status, 200)
  client.leave()
})
