import { createServer } from 'node:net'
import t from 'tap'
import { createUpstreams } from '../../../src/adapters/upstream.ts'
import type { Code } from '../../../src/core/codes.ts'
import { answering, failure, get, OK, rawUpstream, read } from './kit.ts'

const upstreams = createUpstreams()
t.teardown(() => upstreams.close())

/** Replies that must become one code, and never a response. */
function refused(id: string, code: Code, replies: Readonly<Record<string, string>>, ends = false): void {
  for (const [name, reply] of Object.entries(replies)) {
    t.test(`${id} ${name} is ${code}`, async (t) => {
      const { origin, drained } = await answering(t, reply, (socket) => {
        if (ends) socket.end()
      })
      t.equal((await failure(get(upstreams, origin))).code, code)
      await drained()
    })
  }
}

t.test('V87 a refused connection is upstream_unreachable and unsent', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  t.match(await failure(get(upstreams, `http://127.0.0.1:${port}`)), {
    code: 'upstream_unreachable',
    unsent: true,
  })
})

t.test('V87 a name that does not resolve is upstream_unreachable', async (t) => {
  t.match(await failure(get(upstreams, 'http://nowhere.invalid:80')), {
    code: 'upstream_unreachable',
    unsent: true,
  })
})

t.test('V87 an upstream that says nothing is upstream_timeout, and its connection is closed', async (t) => {
  const { origin, drained } = await rawUpstream(t, {})
  const settings = { timeout: { connectMs: 1000, responseMs: 50, idleMs: 1000 } }
  t.match(await failure(get(upstreams, origin, {}, settings)), { code: 'upstream_timeout', unsent: false })
  await drained()
})

t.test('V87 a reset before the reply is upstream_unreachable', async (t) => {
  const { origin } = await rawUpstream(t, { onData: (socket) => socket.resetAndDestroy() })
  t.equal((await failure(get(upstreams, origin))).code, 'upstream_unreachable')
})

t.test('V87 a reset within the head is a failure that is not unsent', async (t) => {
  const { origin } = await rawUpstream(t, {
    onData: (socket) =>
      socket.write('HTTP/1.1 200 OK\r\nx: ', () => setImmediate(() => socket.resetAndDestroy())),
  })
  t.match(await failure(get(upstreams, origin)), { code: /^upstream_(unreachable|reply_invalid)$/ })
})

refused('V87', 'upstream_reply_invalid', {
  garbage: 'SSH-2.0-OpenSSH_9.6\r\n\r\n',
  'an empty line': '\r\n\r\n\r\n\r\nhello',
  'a bare line feed': 'HTTP/1.1 200 OK\ncontent-length: 0\n\n',
  'a space before the colon': 'HTTP/1.1 200 OK\r\ncontent-length : 0\r\n\r\n',
  'a folded line': 'HTTP/1.1 200 OK\r\nx: a\r\n b\r\ncontent-length: 0\r\n\r\n',
  'a NUL in a value': 'HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n',
  'HTTP/3.7': 'HTTP/3.7 200 OK\r\ncontent-length: 0\r\n\r\n',
})
refused('V87', 'upstream_reply_invalid', { 'an end within the head': 'HTTP/1.1 200 OK\r\nx: ' }, true)

refused('V89', 'upstream_reply_invalid', {
  'length and coding': 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  'coding and length': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n',
  'two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc',
  'the same length twice': 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nContent-Length: 2\r\n\r\nab',
  'a list of lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\nab',
  'a negative length': 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n',
  'a length with a sign': 'HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nab',
  'an empty length': 'HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\n',
  'a huge length': `HTTP/1.1 200 OK\r\ncontent-length: ${'9'.repeat(30)}\r\n\r\n`,
  'chunked, gzip': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, gzip\r\n\r\n',
  'gzip, chunked': 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
  identity: 'HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n\r\n',
  'chunked twice':
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
})

t.test('V92 a stray 100 is ignored, whole or in pieces', async (t) => {
  const stray = 'HTTP/1.1 100 Continue\r\n\r\n'
  const whole = await answering(t, `${stray}${OK}`)
  t.match(await read(await get(upstreams, whole.origin)), { text: 'ok' })
  const pieces = `${stray}HTTP/1.1 100 Continue\r\nx: y\r\n\r\n${OK}`.match(/[\s\S]{1,5}/g) ?? []
  const slow = await rawUpstream(t, {
    onData: (socket) => {
      const next = (): unknown =>
        pieces.length > 0 && socket.write(pieces.shift() ?? '', () => setImmediate(next))
      next()
    },
  })
  t.match(await read(await get(upstreams, slow.origin)), { text: 'ok' })
})

t.test('V92 102 and 103 are handed on', async (t) => {
  const hint = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n'
  const { origin } = await answering(t, `HTTP/1.1 102 Processing\r\n\r\n${hint}${OK}`)
  const told: unknown[] = []
  const response = await get(upstreams, origin, { onInformation: (...information) => told.push(information) })
  t.match(await read(response), { text: 'ok' })
  t.strictSame(told, [
    [102, []],
    [103, ['Link', '</a.css>']],
  ])
})

t.test('V92 sixteen informational replies pass', async (t) => {
  const { origin } = await answering(t, 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(16) + OK)
  t.match(await read(await get(upstreams, origin)), { text: 'ok' })
})

refused('V92', 'upstream_reply_invalid', {
  '1000 x 103': 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'.repeat(1000) + OK,
  '1000 x 100': 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000) + OK,
  'a 100 with a head of 100 KB': `HTTP/1.1 100 Continue\r\nx: ${'y'.repeat(100_000)}\r\n\r\n${OK}`,
  'a 103 with 201 fields': `HTTP/1.1 103 Early Hints\r\n${'x: y\r\n'.repeat(201)}\r\n${OK}`,
  '099': 'HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n',
  '000': 'HTTP/1.1 000 Odd\r\ncontent-length: 0\r\n\r\n',
  '600': 'HTTP/1.1 600 Odd\r\ncontent-length: 0\r\n\r\n',
  '999': 'HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n',
  'an unasked 101': 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
  'a 101 without upgrade': 'HTTP/1.1 101 Switching Protocols\r\n\r\n',
})

refused('V93', 'upstream_reply_invalid', {
  'a head of 100 KB': `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\ncontent-length: 0\r\n\r\n`,
  '5000 fields': `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(5000)}content-length: 0\r\n\r\n`,
  '201 fields': `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(200)}content-length: 0\r\n\r\n`,
})

t.test('V93 endless fields are cut off', async (t) => {
  const { origin, drained } = await rawUpstream(t, {
    onData: (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const more = (): void => {
        if (!socket.destroyed) socket.write(`x: ${'y'.repeat(500)}\r\n`, () => setImmediate(more))
      }
      more()
    },
  })
  t.equal((await failure(get(upstreams, origin))).code, 'upstream_reply_invalid')
  await drained()
})

t.test('V93 a head that drips is upstream_timeout', async (t) => {
  const { origin, drained } = await rawUpstream(t, {
    onData: (socket) => {
      const timer = setInterval(() => socket.write('x'), 20)
      socket.on('close', () => clearInterval(timer))
      socket.write('HTTP/1.1 200 OK\r\nx: ')
    },
  })
  const settings = { timeout: { connectMs: 1000, responseMs: 100, idleMs: 1000 } }
  t.equal((await failure(get(upstreams, origin, {}, settings))).code, 'upstream_timeout')
  await drained()
})

t.test('a reason phrase that cannot be written again is dropped', async (t) => {
  const { origin } = await answering(t, Buffer.from('HTTP/1.1 200 Ĕĕ\r\ncontent-length: 0\r\n\r\n'))
  t.equal((await get(upstreams, origin)).statusText, '')
})
