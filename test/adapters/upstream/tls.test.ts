import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { createServer as createTlsServer, type SecureVersion, type TLSSocket } from 'node:tls'
import t from 'tap'
import { createUpstreams, type Upstreams } from '../../../src/adapters/upstream.ts'
import { TEST_CERT, TEST_KEY } from '../../support/tls.ts'
import { type Closable, failure, get, OK, rawUpstream, read, tlsUpstream } from './kit.ts'

const LIMIT = { timeout: 5000 }
/** Ends each connection with its reply, so that each request needs one of its own. */
const LAST = 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok'
const NAMED = { tls: { verify: true, ca: TEST_CERT, serverName: 'api.internal' } }
const UNNAMED = { tls: { verify: true, ca: TEST_CERT, serverName: null } }

function upstreamsFor(t: Closable): Upstreams {
  const upstreams = createUpstreams()
  t.teardown(() => upstreams.close())
  return upstreams
}

const VERSIONS: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3']
for (const maxVersion of VERSIONS) {
  t.test(
    `${maxVersion}: the next connection takes the session of the last one up again`,
    LIMIT,
    async (t) => {
      const upstreams = upstreamsFor(t)
      const { at, greetings } = await tlsUpstream(t, LAST, { maxVersion })
      for (let i = 0; i < 3; i++) {
        t.match(await read(await get(upstreams, at('127.0.0.1'), {}, NAMED)), { text: 'ok' })
      }
      t.strictSame(
        greetings.map(({ isReused }) => isReused),
        [false, true, true],
      )
    },
  )

  // A session that is taken up again is not asked for its name: one of a server that was refused would let it in.
  t.test(
    `${maxVersion}: a server that was refused is refused again, and nothing is sent to it`,
    LIMIT,
    async (t) => {
      const upstreams = upstreamsFor(t)
      const { at, greetings, seen } = await tlsUpstream(t, OK, { maxVersion })
      for (const settings of [UNNAMED, { tls: { ...NAMED.tls, ca: null } }]) {
        for (let i = 0; i < 3; i++) {
          const refused = await failure(get(upstreams, at('127.0.0.1'), {}, settings))
          t.match(refused, { code: 'upstream_unreachable', unsent: true })
        }
      }
      t.equal(seen(), '')
      t.ok(greetings.every(({ isReused }) => !isReused))
    },
  )

  t.test(`${maxVersion}: a session of one policy opens nothing under another`, LIMIT, async (t) => {
    const upstreams = upstreamsFor(t)
    const { at, greetings } = await tlsUpstream(t, LAST, { maxVersion })
    const unverified = { tls: { verify: false, ca: null, serverName: null } }
    t.match(await read(await get(upstreams, at('127.0.0.1'), {}, unverified)), { text: 'ok' })
    t.equal((await failure(get(upstreams, at('127.0.0.1'), {}, UNNAMED))).code, 'upstream_unreachable')
    t.match(await read(await get(upstreams, at('127.0.0.1'), {}, NAMED)), { text: 'ok' })
    t.ok(greetings.every(({ isReused }) => !isReused))
  })
}

t.test(
  "the name greeted is the policy's, else the host of the URL, and none is sent for an address",
  LIMIT,
  async (t) => {
    const { at, greetings } = await tlsUpstream(t, LAST)
    const host = { headers: ['host', 'evil.example'] }
    const tls = { verify: false, ca: null }
    for (const [url, serverName, greeted] of [
      ['localhost', 'api.internal', 'api.internal'],
      ['localhost', null, 'localhost'],
      ['127.0.0.1', 'api.internal', 'api.internal'],
      // RFC 6066 3: an address is not a name.
      ['127.0.0.1', null, false],
    ] as const) {
      const settings = { tls: { ...tls, serverName } }
      t.match(await read(await get(upstreamsFor(t), at(url), host, settings)), { text: 'ok' })
      t.equal(greetings.at(-1)?.name, greeted, `${url}, ${serverName}`)
    }
  },
)

t.test('a handshake that hangs is upstream_timeout, and its connection is closed', LIMIT, async (t) => {
  const upstreams = upstreamsFor(t)
  const silent = await rawUpstream(t, {})
  const settings = { ...NAMED, timeout: { connectMs: 100, responseMs: 1000, idleMs: 1000 } }
  const refused = await failure(get(upstreams, silent.origin.replace('http:', 'https:'), {}, settings))
  t.match(refused, { code: 'upstream_timeout', unsent: true })
  await silent.drained()
  t.match(upstreams.stats(), [{ connected: 0, active: 0, waiting: 0 }])
  t.notMatch(silent.seen(), 'HTTP/1.1')
})

for (const [name, answer] of Object.entries({ 'no TLS': 'HTTP/1.1 400 Bad Request\r\n\r\n', 'an end': '' })) {
  t.test(`a handshake that is answered with ${name} is upstream_unreachable`, LIMIT, async (t) => {
    const upstreams = upstreamsFor(t)
    const plain = await rawUpstream(t, { onData: (socket) => socket.end(answer) })
    const refused = await failure(get(upstreams, plain.origin.replace('http:', 'https:'), {}, NAMED))
    t.match(refused, { code: 'upstream_unreachable', unsent: true })
    await plain.drained()
    t.match(upstreams.stats(), [{ connected: 0, active: 0, waiting: 0 }])
  })
}

t.test('a server that speaks nothing but HTTP/2 is upstream_unreachable', LIMIT, async (t) => {
  const { at, seen } = await tlsUpstream(t, OK, { ALPNProtocols: ['h2'] })
  t.match(await failure(get(upstreamsFor(t), at('127.0.0.1'), {}, NAMED)), { code: 'upstream_unreachable' })
  t.equal(seen(), '')
})

t.test('what the server says of its own accord answers nobody', LIMIT, async (t) => {
  const upstreams = upstreamsFor(t)
  const sockets: TLSSocket[] = []
  const server = createTlsServer({ cert: TEST_CERT, key: TEST_KEY, noDelay: true }, (socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', () => socket.write(OK))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  await read(await get(upstreams, origin, {}, NAMED))
  await new Promise((resolve) => setImmediate(resolve))
  for (const socket of sockets) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil')
  t.match(await read(await get(upstreams, origin, {}, NAMED)), { text: 'ok' })
  t.equal(sockets.length, 2)
})

t.test('a body until the end of the connection that was reset is not whole', LIMIT, async (t) => {
  const server = createServer((socket) => {
    const secure = createTlsServer({ cert: TEST_CERT, key: TEST_KEY }, (inner) => {
      inner.on('error', () => undefined)
      inner.on('data', () => {
        inner.write('HTTP/1.1 200 OK\r\n\r\nhalf', () => setImmediate(() => socket.resetAndDestroy()))
      })
    })
    socket.on('error', () => undefined)
    secure.emit('connection', socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const reading = get(upstreamsFor(t), origin, {}, NAMED).then(read)
  t.equal((await failure(reading)).code, 'upstream_reply_invalid')
})
