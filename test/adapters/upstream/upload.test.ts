import type { Socket } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import { createUpstreams } from '../../../src/adapters/upstream.ts'
import { permitFor } from '../../support/permit.ts'
import { answering, ask, failure, get, OK, rawUpstream, read, turn, upstreamAt } from './kit.ts'

const upstreams = createUpstreams()
t.teardown(() => upstreams.close())

t.test('V85 200 clients that leave mid-upload and 200 mid-download leave no connection behind', async (t) => {
  const { origin, drained, accepted } = await rawUpstream(t, {
    onData: (socket, text) => {
      if (text.startsWith('GET')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok')
    },
  })
  const upstream = upstreamAt(origin)
  const send = upstreams.send(upstream)
  const permit = await permitFor(upstream)
  const download = async (): Promise<void> => {
    const { request, abort } = ask()
    const reading = read(await send(request, permit))
    abort()
    await failure(reading)
  }
  const upload = async (): Promise<void> => {
    const body = new PassThrough()
    const { request, abort } = ask({ method: 'POST', body })
    body.write('some')
    const sent = send(request, permit)
    while (body.readableFlowing !== true) await turn()
    body.write('more')
    await turn()
    abort()
    await failure(sent)
  }
  await Promise.all(Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? download() : upload())))
  await drained()
  t.equal(accepted(), 400)
  t.match(
    upstreams.stats().find((stats) => stats.origin === origin),
    { connected: 0, active: 0, waiting: 0 },
  )
})

t.test('V85 an early refusal is heard, however the API ends the connection behind it', async (t) => {
  const ways: ((socket: Socket) => void)[] = [
    (socket) => socket.resetAndDestroy(),
    // With bytes that nobody read, a close is a reset.
    (socket) => socket.destroy(),
    (socket) => socket.end(),
  ]
  for (const [way, endConnection] of ways.entries()) {
    for (const framing of [['content-length', '100'], []]) {
      const body = new PassThrough()
      const { origin } = await rawUpstream(t, {
        onData: (socket) => {
          socket.write('HTTP/1.1 413 no\r\ncontent-length: 9\r\nconnection: close\r\n\r\ntoo large')
          endConnection(socket)
          // Written before the reply is read: the write fails, and the reply must not be lost for that.
          body.write('more')
        },
      })
      body.write('some')
      const response = await get(upstreams, origin, {
        method: 'POST',
        headers: ['host', 'a', ...framing],
        body,
      })
      t.match([response.status, (await read(response)).text], [413, 'too large'], `way ${way}, ${framing}`)
    }
  }
})

t.test('V85 an upload whose API resets the connection without a word fails at once', async (t) => {
  const body = new PassThrough()
  const { origin } = await rawUpstream(t, {
    onData: (socket) => {
      socket.resetAndDestroy()
      body.write('more')
    },
  })
  body.write('some')
  const { code } = await failure(get(upstreams, origin, { method: 'POST', headers: ['host', 'a'], body }))
  t.equal(code, 'upstream_unreachable')
})

t.test('a body of known length is sent with it, a stream without one is chunked', async (t) => {
  const { origin, seen } = await rawUpstream(t, {
    onData: (socket, text) => text.endsWith('end') && socket.write(OK),
  })
  const declared = { method: 'POST', headers: ['host', 'a', 'content-length', '6'] }
  await get(upstreams, origin, {
    ...declared,
    body: Readable.from([Buffer.from('abc'), Buffer.from('end')]),
  }).then(read)
  await get(upstreams, origin, { ...declared, body: Buffer.from('xyzend') }).then(read)
  t.match(seen(), /content-length: 6\r\n\r\nabcend/)
  t.match(seen(), /content-length: 6\r\n\r\nxyzend/)
  const chunked = await rawUpstream(t, {
    onData: (socket, text) => text.endsWith('0\r\n\r\n') && socket.write(OK),
  })
  await get(upstreams, chunked.origin, { method: 'POST', body: Readable.from([Buffer.from('abc')]) }).then(
    read,
  )
  t.match(chunked.seen(), /transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/)
})

t.test('an upload waits for a slow upstream', async (t) => {
  const { origin, open } = await rawUpstream(t, { onConnection: (socket) => socket.pause() })
  let made = 0
  const body = Readable.from(
    (function* () {
      for (; made < 32 * 1024 * 1024; made += 65_536) yield Buffer.alloc(65_536)
    })(),
    { objectMode: false },
  )
  const { request, abort } = ask({ method: 'POST', body })
  const upstream = upstreamAt(origin)
  const sent = upstreams.send(upstream)(request, await permitFor(upstream))
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.ok(made > 0 && made < 24 * 1024 * 1024, 'no more is made than buffers take')
  for (const socket of open) socket.resume()
  abort()
  t.equal((await failure(sent)).code, 'client_closed')
})

t.test('an upload that its client breaks off is client_closed', async (t) => {
  const { origin, drained } = await rawUpstream(t, { onData: () => body.destroy(new Error('ECONNRESET')) })
  const body = new PassThrough()
  body.write('some')
  t.equal((await failure(get(upstreams, origin, { method: 'POST', body }))).code, 'client_closed')
  await drained()
})

t.test('an upload that was broken off before it began is client_closed', async (t) => {
  const { origin } = await rawUpstream(t, {})
  const body = new PassThrough()
  body.destroy()
  t.equal((await failure(get(upstreams, origin, { method: 'POST', body }))).code, 'client_closed')
})

t.test('a client that uploads slowly is not the fault of the upstream', async (t) => {
  const { origin } = await rawUpstream(t, {
    onData: (socket, text) => text.endsWith('0\r\n\r\n') && socket.write(OK),
  })
  const body = new PassThrough()
  const timeout = { connectMs: 1000, responseMs: 50, idleMs: 50 }
  const sent = get(upstreams, origin, { method: 'POST', body }, { timeout })
  body.write('a')
  await new Promise((resolve) => setTimeout(resolve, 200))
  body.end('b')
  t.match(await read(await sent), { text: 'ok' })
})

t.test('a request that cannot be written is our mistake, and told as such', async (t) => {
  const { origin, accepted } = await answering(t, OK)
  const twoHosts = get(upstreams, origin, { headers: ['host', 'a', 'host', 'b'] })
  t.equal((await failure(twoHosts)).code, 'internal')
  t.equal(accepted(), 0)
})

t.test('a client that left before it was asked for gets nothing sent', async (t) => {
  const { origin, accepted } = await answering(t, OK)
  const onAbort = (abort: (reason: Error) => void): void => abort(new Error('gone'))
  t.equal((await failure(get(upstreams, origin, { onAbort }))).code, 'client_closed')
  t.equal(accepted(), 0)
  t.match(
    upstreams.stats().find((stats) => stats.origin === origin),
    { active: 0, waiting: 0 },
  )
})

t.test('V85 a client that leaves while the upstream is dialled has nothing sent for it', async (t) => {
  const { origin, seen, drained } = await rawUpstream(t, {})
  const upstream = upstreamAt(origin)
  const { request, abort } = ask()
  const sent = upstreams.send(upstream)(request, await permitFor(upstream))
  abort()
  t.equal((await failure(sent)).code, 'client_closed')
  while (upstreams.stats().some((stats) => stats.origin === origin && stats.active > 0)) await turn()
  await drained()
  t.equal(seen(), '')
})

t.test('an upload whose upstream cannot be dialled is let go of', async (t) => {
  const body = new PassThrough()
  t.equal(
    (await failure(get(upstreams, 'http://127.0.0.1:1', { method: 'POST', body }))).code,
    'upstream_unreachable',
  )
  t.notOk(body.destroyed)
  t.equal(body.listenerCount('close'), 0)
  t.equal(body.listenerCount('data'), 0)
})
