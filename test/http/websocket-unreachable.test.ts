import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import type { Code } from '../../src/core/codes.ts'
import { assertProblem } from '../hostile/front-door.ts'
import { type App, startApp } from '../support/app.ts'
import { got } from '../support/raw-client.ts'
import { type Connecting, type RawUpstream, startUpstream } from '../support/raw-upstream.ts'
import { handshake, policyFor, stalled, switching } from './websocket-world.ts'

const LIMIT = { timeout: 10_000 }
const HASTY = ', timeout: { connect: 5s, response: 200ms, idle: 200ms }'
/** Long enough to take a flood, were it read. */
const PATIENT = ', timeout: { connect: 5s, response: 2s, idle: 2s }'

/** The client is refused with the code, the record says why, and nobody is told where the API is. */
async function assertRefused(t: Test, app: App, code: Code, why: RegExp): Promise<void> {
  const client = app.client().send(handshake())
  const reply = await client.reply()
  assertProblem(t, reply, code)
  await client.closed()
  t.notMatch(client.received, /ECONN|ENOTFOUND|127\.0\.0\.1|corp\.invalid|101 Switching/)
  t.match(await app.recorded(1), [
    { id: got(reply, 'x-request-id'), outcome: 'forward', code, status: reply.status, why, upstream: 'api' },
  ])
  t.equal(app.records.length, 1)
  t.equal(app.gate.inFlight, 0)
}

async function startBefore(
  t: Test,
  connecting: Connecting,
  timeout = HASTY,
): Promise<{ app: App; upstream: RawUpstream }> {
  const upstream = await startUpstream(t)
  upstream.connecting = connecting
  return { upstream, app: await startApp(t, policyFor(upstream.origin, timeout)) }
}

/** Answers the head of the handshake with these bytes. */
function saying(bytes: string, then: (socket: Socket) => void = () => undefined): Connecting {
  return (socket) => {
    socket.once('data', () => {
      socket.write(bytes, 'latin1')
      then(socket)
    })
  }
}

/** A port where nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

t.test('a WebSocket to an API that is down is a 502, and no 101 that names its address', LIMIT, async (t) => {
  const app = await startApp(t, policyFor(`http://127.0.0.1:${await deadPort()}`))
  await assertRefused(t, app, 'upstream_unreachable', /^dialling: ECONNREFUSED /)
})

t.test('a WebSocket to a name that nobody knows is a 502', LIMIT, async (t) => {
  const app = await startApp(t, policyFor('http://billing.corp.invalid'))
  await assertRefused(t, app, 'upstream_unreachable', /^dialling: (?:ENOTFOUND|EAI_AGAIN) /)
})

t.test('a WebSocket to an API that takes the connection and says nothing is a 504', LIMIT, async (t) => {
  const { app, upstream } = await startBefore(t, () => undefined)
  await assertRefused(t, app, 'upstream_timeout', /^sent: no reply for 200 ms$/)
  await upstream.drained()
})

const DRIBBLE = 'HTTP/1.1 101 Switching Protocols\r\nx-'
for (const [what, connecting, code, why] of [
  ['closes at once', (socket) => void socket.end(), 'upstream_unreachable', /^sent: ECONNRESET /],
  ['resets at once', (socket) => void socket.resetAndDestroy(), 'upstream_unreachable', /ECONNRESET/],
  ['says nothing HTTP', saying('SSH-2.0-x\r\n'), 'upstream_reply_invalid', /^answering: HPE_/],
  ['never ends its head', saying(DRIBBLE), 'upstream_timeout', /^sent: no reply for 200 ms$/],
  [
    'ends within its head',
    saying(DRIBBLE, (socket) => socket.end()),
    'upstream_unreachable',
    /^sent: ECONNRESET /,
  ],
  [
    'switches without an accept',
    saying('HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
    'upstream_reply_invalid',
    /Sec-WebSocket-Accept is wrong$/,
  ],
  [
    'switches with the accept of another key',
    saying(switching({ fields: [['sec-websocket-key', 'AAAAAAAAAAAAAAAAAAAAAA==']] })),
    'upstream_reply_invalid',
    /Sec-WebSocket-Accept is wrong$/,
  ],
  [
    'switches to something else',
    saying('HTTP/1.1 101 S\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n'),
    'upstream_reply_invalid',
    /switches to another protocol$/,
  ],
] as readonly (readonly [string, Connecting, Code, RegExp])[]) {
  t.test(`a WebSocket to an API that ${what} is refused with ${code}`, LIMIT, async (t) => {
    const { app, upstream } = await startBefore(t, connecting)
    await assertRefused(t, app, code, why)
    await upstream.drained()
  })
}

for (const [what, line, why] of [
  ['extensions', 'Sec-WebSocket-Extensions: permessage-deflate', /extensions that were not asked for$/],
  ['a subprotocol', 'Sec-WebSocket-Protocol: chat', /a subprotocol that was not offered$/],
] as const) {
  t.test(`a WebSocket to an API that answers with ${what} nobody offered is refused`, LIMIT, async (t) => {
    const upstream = await startUpstream(t)
    upstream.answer = (request) => switching(request, line)
    await assertRefused(t, await startApp(t, policyFor(upstream.origin)), 'upstream_reply_invalid', why)
    await upstream.drained()
  })
}

for (const [status, body] of [
  ['200 OK', 'no WebSocket here'],
  ['401 Unauthorized', '{"error":"token"}'],
  ['404 Not Found', ''],
  ['503 Service Unavailable', 'later'],
] as const) {
  t.test(`an API that answers the handshake with ${status} is heard`, LIMIT, async (t) => {
    const upstream = await startUpstream(t)
    upstream.answer = () =>
      `HTTP/1.1 ${status}\r\nwww-authenticate: Bearer\r\nretry-after: 7\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    const app = await startApp(t, policyFor(upstream.origin))
    const client = app.client().send(handshake())
    const reply = await client.reply()
    t.equal(reply.start, `HTTP/1.1 ${status}`)
    t.strictSame(
      ['www-authenticate', 'retry-after', 'connection'].map((name) => got(reply, name)),
      ['Bearer', '7', 'close'],
    )
    t.equal(reply.body, body)
    await client.closed()
    t.match(await app.recorded(1), [
      {
        id: got(reply, 'x-request-id'),
        status: reply.status,
        code: null,
        outcome: 'forward',
        aborted: false,
      },
    ])
    t.equal(app.records[0]?.bytesOut, body.length)
    t.equal(upstream.requests.length, 1)
    await upstream.drained()
  })
}

t.test('a long reply to a handshake waits for a slow client, and comes whole', LIMIT, async (t) => {
  const body = 'x'.repeat(32 * 1024 * 1024)
  const upstream = await startUpstream(t)
  upstream.answer = () =>
    `HTTP/1.1 400 Bad Request\r\ntransfer-encoding: chunked\r\n\r\n2000000\r\n${body}\r\n0\r\n\r\n`
  const app = await startApp(t, policyFor(upstream.origin))
  const client = app.client().send(handshake())
  client.socket.pause()
  await upstream.seen(1)
  await stalled(() => client.socket.bytesRead)
  client.received = ''
  let count = 0
  client.socket.on('data', (chunk) => {
    count += chunk.length
    client.received = client.received.slice(-100)
  })
  client.socket.resume()
  await client.closed()
  t.ok(count > body.length, `${count} bytes came`)
  t.match(client.received, /\r\n0\r\n\r\n$/, 'with their end')
  t.match(await app.recorded(1), [{ status: 400, code: null, bytesOut: body.length }])
})

for (const [what, connecting, code] of [
  [
    'is cut',
    saying('HTTP/1.1 403 Forbidden\r\ncontent-length: 100\r\n\r\nhalf', (socket) => socket.end()),
    'upstream_reply_invalid',
  ],
  ['stands still', saying('HTTP/1.1 403 Forbidden\r\ncontent-length: 100\r\n\r\nhalf'), 'upstream_timeout'],
] as const) {
  t.test(`a reply to a handshake that ${what} is never taken for whole`, LIMIT, async (t) => {
    const { app, upstream } = await startBefore(t, connecting)
    const client = app.client().send(handshake())
    await client.closed()
    t.match(client.received, /^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*\r\n\r\nhalf$/)
    t.match(await app.recorded(1), [{ status: 403, code, why: /^answering: / }])
    await upstream.drained()
  })
}

t.test('a reply to a handshake that no client may be sent is a 502', LIMIT, async (t) => {
  const { app } = await startBefore(t, saying('HTTP/1.1 999999 Odd\r\ncontent-length: 0\r\n\r\n'))
  await assertRefused(t, app, 'upstream_reply_invalid', /./)
})

t.test('a client that leaves in the middle of a reply to its handshake ends it', LIMIT, async (t) => {
  const { app, upstream } = await startBefore(
    t,
    saying('HTTP/1.1 403 Forbidden\r\ncontent-length: 100\r\n\r\nhalf'),
  )
  const client = app.client().send(handshake())
  await client.until('half')
  client.leave()
  t.match(await app.recorded(1), [{ status: 403, code: 'client_closed', aborted: true }])
  await upstream.drained()
})

t.test('a gate that is shutting down takes no WebSocket', LIMIT, async (t) => {
  const upstream = await startUpstream(t)
  const app = await startApp(t, policyFor(upstream.origin))
  upstream.answer = (request) => {
    app.drain()
    return switching(request)
  }
  const client = app.client().send(handshake())
  assertProblem(t, await client.reply(), 'draining')
  await upstream.drained()
  t.match(await app.recorded(1), [{ code: 'draining', status: 503 }])
})

t.test('a client that floods before its 101 is not read from any further', LIMIT, async (t) => {
  const { app, upstream } = await startBefore(t, () => undefined, PATIENT)
  const client = app.client().send(handshake())
  await upstream.logged('GET ')
  const sent = new Promise((resolve) => client.socket.write(Buffer.alloc(64 * 1024 * 1024), resolve))
  await client.closed()
  t.match(await sent, Error, 'it was not all taken')
  t.match(await app.recorded(1), [{ code: 'upstream_timeout', status: 504 }])
})

t.test('an API that answers a handshake like other requests is let go of', LIMIT, async (t) => {
  const kept = 'HTTP/1.1 401 Unauthorized\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nno'
  const { app, upstream } = await startBefore(t, saying(kept), '')
  const client = app.client().send(handshake())
  t.match(await client.reply(), { status: 401, body: 'no' })
  await upstream.drained()
  t.equal(app.gate.inFlight, 0)
})
