import t from 'tap'
import { createUpstreams } from '../../../src/adapters/upstream.ts'
import { answering, failure, get, OK, rawUpstream, read } from './kit.ts'

const upstreams = createUpstreams()
t.teardown(() => upstreams.close())

t.test('V90 a Trailer field beside a length is harmless', async (t) => {
  const { origin } = await answering(t, 'HTTP/1.1 200 OK\r\nTrailer: X\r\nContent-Length: 2\r\n\r\nok')
  const response = await get(upstreams, origin)
  t.strictSame(response.headers, ['Trailer', 'X', 'Content-Length', '2'])
  t.match(await read(response), { text: 'ok', trailers: [] })
})

t.test('trailers of a chunked reply are handed over, less those that would reframe it', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
  const { origin } = await answering(t, `${head}2\r\nok\r\n0\r\nX-Sum: a\r\nVary: a\r\nset-cookie: b\r\n\r\n`)
  t.match(await read(await get(upstreams, origin)), { text: 'ok', trailers: ['X-Sum', 'a'] })
})

t.test('too many trailers fail the body', async (t) => {
  const trailers = Array.from({ length: 201 }, (_, i) => `x${i}: 1\r\n`).join('')
  const { origin } = await answering(
    t,
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n${trailers}\r\n`,
  )
  t.equal((await failure(get(upstreams, origin).then(read))).code, 'upstream_reply_invalid')
})

t.test('V93 a body that stalls fails with upstream_timeout', async (t) => {
  const { origin, drained } = await answering(t, 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')
  const settings = { timeout: { connectMs: 1000, responseMs: 1000, idleMs: 50 } }
  t.equal((await failure(get(upstreams, origin, {}, settings).then(read))).code, 'upstream_timeout')
  await drained()
})

for (const [status, method] of [
  ['304 Not Modified', 'GET'],
  ['200 OK', 'HEAD'],
  ['204 No Content', 'GET'],
] as const) {
  t.test(`V94 ${status} to ${method} with a length passes, without a body`, async (t) => {
    const { origin } = await answering(t, `HTTP/1.1 ${status}\r\ncontent-length: 10\r\netag: "a"\r\n\r\n`)
    const response = await get(upstreams, origin, { method })
    t.strictSame(response.headers, ['content-length', '10', 'etag', '"a"'])
    t.match(await read(response), { text: '' })
  })
}

t.test('HEAD of a chunked resource passes', async (t) => {
  const { origin } = await answering(t, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
  t.match(await read(await get(upstreams, origin, { method: 'HEAD' })), { text: '' })
})

for (const [name, surplus] of [
  ['a reply', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nevil!'],
  ['the beginning of one', 'HTT'],
] as const) {
  t.test(`V95 ${name} after the body ends the connection at once and reaches nobody`, async (t) => {
    const { origin, accepted, drained } = await answering(t, OK + surplus)
    t.match(await read(await get(upstreams, origin)), { text: 'ok' })
    t.match(await read(await get(upstreams, origin)), { text: 'ok' })
    t.equal(accepted(), 2)
    await drained()
  })
}

t.test('V95 a kept connection that closes under a request: POST arrives once and fails', async (t) => {
  let requests = 0
  const { origin, seen } = await rawUpstream(t, {
    onData: (socket) => {
      requests++
      if (requests === 1) socket.write(OK)
      else socket.destroy()
    },
  })
  await read(await get(upstreams, origin))
  const lost = get(upstreams, origin, {
    method: 'POST',
    target: '/pay',
    headers: ['host', 'api.example.com', 'content-length', '1'],
    body: Buffer.from('1'),
  })
  t.match(await failure(lost), { code: 'upstream_unreachable', unsent: true })
  t.equal(seen().split('/pay').length - 1, 1)
})

for (const [name, reply] of Object.entries({
  'a short body': 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf',
  'a cut chunk': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nA\r\nhalf',
  'no last chunk': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  'a broken chunk size': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0x4\r\nhalf\r\n0\r\n\r\n',
  'a chunk that spills': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhalf\r\n0\r\n\r\n',
  'a cut trailer': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\nx: ',
})) {
  t.test(`V88 ${name} fails the body and never ends it`, async (t) => {
    const { origin } = await answering(t, reply, (socket) => socket.end())
    t.match((await failure(get(upstreams, origin).then(read))).code, /^upstream_/)
  })
}

t.test('V88 a reset within the body fails it', async (t) => {
  const { origin, open } = await answering(t, 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')
  const reading = read(await get(upstreams, origin))
  for (const socket of open) socket.resetAndDestroy()
  t.match((await failure(reading)).code, /^upstream_/)
})

t.test('V88 a body without length ends with the connection', async (t) => {
  const { origin } = await answering(t, 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nwhole', (socket) =>
    socket.end(),
  )
  t.match(await read(await get(upstreams, origin)), { text: 'whole' })
})
