import { once } from 'node:events'
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { type App, startApp } from '../support/app.ts'
import { type RawUpstream, startUpstream } from '../support/raw-upstream.ts'
import { policyFor, switching } from './websocket-world.ts'

const LIMIT = { timeout: 10_000 }
const TEXT = '\x81\x05hello'

interface Opened {
  readonly app: App
  readonly upstream: RawUpstream
  readonly client: WebSocket
  /** The upstream's end of the connection. */
  readonly behind: Socket
  /** What the client was told in the end: code and reason. */
  readonly end: Promise<readonly [number, string]>
  readonly heard: string[]
}

/** A client whose WebSocket is open, to an API that has said `behind` right behind its handshake. */
async function open(t: Test, said = ''): Promise<Opened> {
  const upstream = await startUpstream(t)
  upstream.answer = (request) => switching(request) + said
  const app = await startApp(t, policyFor(upstream.origin))
  const client = new WebSocket(`ws://127.0.0.1:${app.port}/open/x`)
  t.teardown(() => client.terminate())
  const heard: string[] = []
  client.on('message', (data) => heard.push(String(data)))
  const end = once(client, 'close').then(([code, reason]) => [Number(code), String(reason)] as const)
  await once(client, 'open')
  return { app, upstream, client, behind: upstream.sockets[0] as Socket, end, heard }
}

for (const [what, lose] of [
  ['ends the connection', (socket: Socket) => void socket.end()],
  ['resets the connection', (socket: Socket) => void socket.resetAndDestroy()],
] as const) {
  t.test(
    `an API that ${what} later is told to the operator, and no client hears where it was`,
    LIMIT,
    async (t) => {
      const { app, end, behind } = await open(t)
      lose(behind)
      t.strictSame(await end, [1011, 'upstream unavailable'])
      t.match(await app.recorded(1), [
        {
          status: 101,
          outcome: 'forward',
          code: 'upstream_unreachable',
          why: /without a close frame$/,
          aborted: false,
        },
      ])
    },
  )
}

for (const [what, bytes, why] of [
  ['frames of no known kind', '\x8f\x00', /invalid opcode/i],
  ['a message that is too large', '\x82\x7f\x00\x00\x00\x01\x00\x00\x00\x00', /max payload/i],
  ['no frames at all', 'HTTP/1.1 200 OK\r\n\r\n', /^WebSocket: /],
  ['text that is no UTF-8', '\x81\x01\xff', /UTF-8/],
] as const) {
  t.test(`an API that sends ${what} ends with a fixed reason`, LIMIT, async (t) => {
    const { app, end, behind, upstream } = await open(t)
    behind.write(bytes, 'latin1')
    t.strictSame(await end, [1011, 'upstream unavailable'])
    t.match(await app.recorded(1), [{ status: 101, code: 'upstream_reply_invalid', why }])
    behind.end()
    await upstream.drained()
  })
}

for (const [what, bytes, told] of [
  ['a code and a reason', '\x88\x06\x10\xe1done', [4321, 'done']],
  ['a code', '\x88\x02\x03\xe8', [1000, '']],
  ['neither', '\x88\x00', [1005, '']],
] as const) {
  t.test(`what an API says with its close frame passes: ${what}`, LIMIT, async (t) => {
    const { app, end, behind } = await open(t)
    behind.write(bytes, 'latin1')
    t.strictSame(await end, told)
    t.match(await app.recorded(1), [{ status: 101, code: null, why: null }])
  })
}

t.test('what an API says right behind its handshake is heard, to the goodbye', LIMIT, async (t) => {
  const { app, end, heard } = await open(t, `${TEXT}${TEXT}\x88\x02\x03\xe8`)
  t.strictSame(await end, [1000, ''])
  t.strictSame(heard, ['hello', 'hello'])
  t.match(await app.recorded(1), [{ status: 101, code: null }])
})

t.test('an API that is lost right behind its handshake leaves no client behind', LIMIT, async (t) => {
  const upstream = await startUpstream(t)
  upstream.answer = (request) => {
    request.socket.end(switching(request), 'latin1')
    return null
  }
  const app = await startApp(t, policyFor(upstream.origin))
  const client = new WebSocket(`ws://127.0.0.1:${app.port}/open/x`)
  t.strictSame((await once(client, 'close')).map(String), ['1011', 'upstream unavailable'])
  t.match(await app.recorded(1), [{ status: 101, code: 'upstream_unreachable' }])
  await upstream.drained()
})

t.test('a client that breaks the protocol is no failure of the API', LIMIT, async (t) => {
  const { app, client, upstream } = await open(t)
  // The library that plays the client writes nothing that is broken, but hands its socket out.
  const { _socket } = client as unknown as { _socket: Socket }
  _socket.write('GET / HTTP/1.1\r\n\r\n')
  await once(client, 'close')
  t.match(await app.recorded(1), [{ status: 101, code: null, why: null }])
  upstream.sockets[0]?.end()
  await upstream.drained()
})
