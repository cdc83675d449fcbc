import { once } from 'node:events'
import t from 'tap'
import { assertProblem } from '../hostile/front-door.ts'
import { got, type RawClient } from '../support/raw-client.ts'
import { exchange, head, startWorld } from './world.ts'

t.test('V83 a head that does not come in time is 408', async (t) => {
  const { app, upstream } = await startWorld(t, { settings: { headersTimeoutMs: 300 } })
  const client = app.client().send('GET /x HTTP/1.1\r\nHost: a\r\nX-Slow: ')
  assertProblem(t, await client.reply(), 'request_timeout')
  await client.closed()
  t.equal(upstream.log, '')
  await app.recorded(1)
  t.strictSame(
    app.records.map(({ code, outcome, status }) => [code, outcome, status]),
    [['request_timeout', 'malformed', 408]],
  )
})

t.test('V83 a connection on which nothing ever comes is closed, and no request is told of', async (t) => {
  const { app } = await startWorld(t, { settings: { headersTimeoutMs: 300 } })
  const client = app.client()
  await client.closed()
  t.strictSame([client.received, app.records], ['', []])
})

t.test('V83 a body that trickles past the time for whole requests is 408', async (t) => {
  const { app, upstream } = await startWorld(t, {
    settings: { headersTimeoutMs: 300, requestTimeoutMs: 600 },
  })
  const client = app.client().send(head('POST /x', 'Content-Length: 100000'))
  const pump = setInterval(() => client.send('x'), 20)
  assertProblem(t, await client.reply(), 'request_timeout')
  await client.closed()
  clearInterval(pump)
  await upstream.abandoned()
  t.strictSame(upstream.requests, [])
  await app.recorded(1)
  t.strictSame(
    app.records.map(({ code, status }) => [code, status]),
    [['request_timeout', 408]],
  )
})

for (const [what, end] of [
  ['never finished', () => undefined],
  ['cut short', (client: RawClient) => client.socket.end()],
] as const) {
  t.test(`a refused upload that is ${what} has one reply and one audit line`, async (t) => {
    const { app } = await startWorld(t, { settings: { headersTimeoutMs: 300, requestTimeoutMs: 600 } })
    const client = app.client({ allowHalfOpen: true })
    const reply = await client.send(`${head('POST /keyed/x', 'Content-Length: 9')}half`).reply()
    assertProblem(t, reply, 'key_missing')
    await app.recorded(1)
    end(client)
    await once(client.socket, 'end')
    t.equal(client.received.match(/HTTP\/1\.1/g)?.length, 1)
    t.strictSame(
      app.records.map(({ code, status }) => [code, status]),
      [['key_missing', 401]],
    )
  })
}

t.test(
  'a refused upload that is finished after its reply is followed by a request like any other',
  async (t) => {
    const { app } = await startWorld(t)
    const client = app.client().send(`${head('POST /keyed/x', 'Content-Length: 9')}half`)
    t.equal((await client.reply()).status, 401)
    await app.recorded(1)
    client.send(`-time${head('GET /x')}`)
    t.equal((await client.reply()).status, 200)
    assertProblem(t, await client.send('nonsense\r\n\r\n').reply(), 'request_malformed')
    t.equal((await app.recorded(3)).length, 3)
  },
)

t.test('an idle connection is closed after keep_alive', async (t) => {
  const { app } = await startWorld(t, { settings: { keepAliveTimeoutMs: 200 } })
  const client = app.client()
  t.equal((await client.send(head('GET /x')).reply()).status, 200)
  await client.closed()
  t.equal(app.records.length, 1)
})

t.test('a header section above the limit is 431', async (t) => {
  const { app, upstream } = await startWorld(t, { settings: { maxHeaderBytes: 2048 } })
  const client = app.client().send(head('GET /x', `a: ${'x'.repeat(4096)}`))
  assertProblem(t, await client.reply(), 'headers_too_large')
  await client.closed()
  t.equal(upstream.log, '')
})

t.test('header fields and targets above their limits are 431 and 414', async (t) => {
  const world = await startWorld(t, { bounds: { maxHeaders: 5, maxTargetBytes: 300 } })
  const many = await exchange(world, head('GET /x', 'a: 1', 'b: 2', 'c: 3', 'd: 4', 'e: 5'))
  assertProblem(t, many.reply, 'headers_too_large')
  const long = await exchange(world, head(`GET /${'x'.repeat(300)}`))
  assertProblem(t, long.reply, 'target_too_long')
  t.equal((await exchange(world, head('GET /x', 'a: 1', 'b: 2', 'c: 3', 'd: 4'))).reply.status, 200)
})

t.test('V86 connections above the limit are dropped and counted; the others are served', async (t) => {
  const { app } = await startWorld(t, { settings: { maxConnections: 2 } })
  const [first, second] = [app.client(), app.client()]
  await first.send(head('GET /x')).reply()
  await second.send(head('GET /x')).reply()
  const third = app.client()
  await third.closed()
  t.strictSame([third.received, app.server.dropped(), await app.server.connections()], ['', 1, 2])
  t.equal((await first.send(head('GET /x')).reply()).status, 200)
  first.leave()
  while ((await app.server.connections()) > 1) await new Promise(setImmediate)
  t.equal((await app.client().send(head('GET /x')).reply()).status, 200)
})

t.test('while draining every reply ends its connection', async (t) => {
  const { app, upstream } = await startWorld(t)
  const idle = app.client()
  t.equal(got(await idle.send(head('GET /x')).reply(), 'connection'), 'keep-alive')
  app.drain()
  for (const path of ['/x', '/keyed/x', '/x/%zz']) {
    const client = app.client().send(head(`GET ${path}`))
    t.equal(got(await client.reply(), 'connection'), 'close', path)
    await client.closed()
  }
  t.equal(got(await idle.send(head('GET /x')).reply(), 'connection'), 'close')
  await idle.closed()
  t.equal(upstream.requests.length, 3)
})

t.test('stop ends idle connections, lets requests under way finish, and takes no more', async (t) => {
  const { app, upstream } = await startWorld(t)
  const idle = app.client()
  await idle.send(head('GET /idle')).reply()
  upstream.answer = () => null
  const busy = app.client().send(head('GET /busy'))
  const [, request] = await upstream.seen(2)
  const stopped = app.server.stop()
  await idle.closed()
  const late = app.client()
  await late.closed()
  t.equal(late.received, '')
  request?.socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  t.equal((await busy.reply()).body, 'ok')
  await stopped
  t.pass('it resolves when the last connection is over')
})

t.test('a connection on which nothing was ever sent does not keep stop waiting', async (t) => {
  const { app } = await startWorld(t)
  const silent = app.client()
  await once(silent.socket, 'connect')
  while ((await app.server.connections()) < 1) await new Promise(setImmediate)
  await app.server.stop()
  await silent.closed()
})

t.test('cut ends what is left', async (t) => {
  const { app, upstream } = await startWorld(t)
  upstream.answer = () => null
  const busy = app.client().send(head('GET /busy'))
  await upstream.seen(1)
  const stopped = app.server.stop()
  app.server.cut()
  await busy.closed()
  await stopped
  await upstream.drained()
  t.strictSame(
    (await app.recorded(1)).map(({ aborted }) => aborted),
    [true],
  )
})

t.test('a port that is taken is told', async (t) => {
  const { app } = await startWorld(t)
  const other = await startWorld(t)
  await other.app.server.stop()
  await t.rejects(other.app.server.listen('127.0.0.1', app.port), { code: 'EADDRINUSE' })
})

t.test('bytes behind a request that are no HTTP are refused by themselves', async (t) => {
  const { app, upstream } = await startWorld(t)
  const client = app.client().send(`${head('GET /x')}what is this?\r\n\r\n`)
  t.equal((await client.reply()).status, 200, 'the request before is served')
  await client.closed()
  await app.recorded(2)
  t.strictSame(app.records.map(({ code }) => code).sort(), [null, 'request_malformed'])
  t.equal(upstream.requests.length, 1)
})
