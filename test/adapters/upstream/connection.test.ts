import type { Socket } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import type { Origin } from '../../../src/adapters/upstream/origin.ts'
import type { UpstreamRequest } from '../../../src/core/upstream.ts'
import { answering, ask, failure, OK, rawUpstream, read, turn } from './kit.ts'
import { enter, originAt } from './kit-origin.ts'

const EVIL = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil'
const LIMIT = { timeout: 5000 }

const get = async (origin: Origin, more: Partial<UpstreamRequest> = {}): Promise<string> =>
  (await read(await enter(origin, ask(more)))).text

const places = ({ active, waiting }: ReturnType<Origin['stats']>): number[] => [active, waiting]

t.test('a connection serves one request after another while each reply has its end', LIMIT, async (t) => {
  const replies = [
    OK,
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    'HTTP/1.1 204 No Content\r\n\r\n',
    'HTTP/1.1 304 Not Modified\r\n\r\n',
    'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n',
    OK,
  ]
  const rest = [...replies]
  const upstream = await rawUpstream(t, { onData: (socket) => socket.write(rest.shift() ?? '') })
  const origin = originAt(t, upstream.origin)
  for (const _ of replies) await get(origin, { method: 'POST', body: Buffer.from('x') })
  t.equal(upstream.accepted(), 1)
})

for (const [name, reply, method] of [
  ['HEAD', 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n', 'HEAD'],
  ['a reply to HEAD with a body', EVIL, 'HEAD'],
  ['connection: close', 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n', 'GET'],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n', 'GET'],
  ['a 204 that announces a body', 'HTTP/1.1 204 No\r\ncontent-length: 4\r\n\r\n', 'GET'],
  ['a 304 that announces chunks', 'HTTP/1.1 304 No\r\ntransfer-encoding: chunked\r\n\r\n', 'GET'],
  ['a kept time that is too short', 'HTTP/1.1 204 No\r\nkeep-alive: timeout=2\r\n\r\n', 'GET'],
] as const) {
  t.test(`${name} is the last reply of its connection, which is closed from here`, LIMIT, async (t) => {
    const upstream = await answering(t, reply)
    const origin = originAt(t, upstream.origin)
    for (const round of [1, 2]) {
      t.equal(await get(origin, { method }), '')
      t.equal(origin.stats().connected, 0, 'at once, and not when it has been idle for long')
      await upstream.drained()
      t.equal(upstream.accepted(), round)
    }
  })
}

t.test('a reply until the end of the connection ends it', LIMIT, async (t) => {
  const upstream = await answering(t, 'HTTP/1.1 200 OK\r\n\r\nok', (socket) => socket.end())
  const origin = originAt(t, upstream.origin)
  t.strictSame([await get(origin), await get(origin), upstream.accepted()], ['ok', 'ok', 2])
})

t.test(
  'a connection is closed before the upstream closes it, by the time that it tells',
  LIMIT,
  async (t) => {
    const upstream = await answering(t, 'HTTP/1.1 204 No\r\nkeep-alive: timeout=3\r\n\r\n')
    const origin = originAt(t, upstream.origin)
    await get(origin)
    const since = performance.now()
    await upstream.drained()
    const keptMs = performance.now() - since
    t.ok(keptMs > 800 && keptMs < 2500, `${keptMs} ms of 1000`)
  },
)

const unasked: Readonly<Record<string, (socket: Socket) => void>> = {
  'a reply': (socket) => socket.write(EVIL),
  'one byte': (socket) => socket.write('H'),
  'an end': (socket) => socket.end(),
  'a reset': (socket) => socket.resetAndDestroy(),
}
for (const [name, say] of Object.entries(unasked)) {
  t.test(`${name} on an idle connection closes it, and the next request goes elsewhere`, LIMIT, async (t) => {
    const upstream = await answering(t, OK)
    const origin = originAt(t, upstream.origin)
    await get(origin)
    for (const socket of upstream.open) say(socket)
    for (let i = 0; i < 50 && origin.stats().connected > 0; i++) await turn()
    t.equal(origin.stats().connected, 0)
    await upstream.drained()
    t.strictSame([await get(origin), upstream.accepted()], ['ok', 2])
  })

  // GHSA-35p6-xmwp-9g52: whoever has one more reply waiting would have it taken for the answer to somebody else.
  t.test(`${name} that comes in the turn of the next request is not its answer`, LIMIT, async (t) => {
    const upstream = await answering(t, OK)
    const origin = originAt(t, upstream.origin)
    await get(origin)
    await turn()
    for (const socket of upstream.open) say(socket)
    t.equal(await get(origin, { method: 'POST', body: Buffer.from('x') }), 'ok')
    t.equal(upstream.accepted(), 2)
    t.equal(upstream.seen().split('POST').length - 1, 1)
  })
}

t.test('a reply that comes before anything was asked answers no upload', LIMIT, async (t) => {
  const upstream = await answering(t, OK)
  const origin = originAt(t, upstream.origin)
  await get(origin)
  const body = new PassThrough()
  const asked = enter(origin, ask({ method: 'POST', body }))
  while (body.listenerCount('data') === 0) await turn()
  for (const socket of upstream.open) socket.write(EVIL)
  const [settled] = await Promise.allSettled([asked.then(read)])
  t.notMatch(settled, { value: { text: 'evil' } })
  t.strictSame(places(origin.stats()), [0, 0])
})

t.test(
  'a request whose client leaves while it departs is not sent, and its connection serves on',
  LIMIT,
  async (t) => {
    const upstream = await answering(t, OK)
    const origin = originAt(t, upstream.origin)
    await get(origin)
    const leaver = ask({ target: '/left' })
    const left = failure(enter(origin, leaver))
    leaver.abort()
    t.equal((await left).code, 'client_closed')
    await turn()
    t.equal(await get(origin), 'ok')
    t.strictSame([upstream.accepted(), places(origin.stats())], [1, [0, 0]])
    t.notMatch(upstream.seen(), '/left')
  },
)

t.test('an open connection is taken before another one is dialled', LIMIT, async (t) => {
  const upstream = await answering(t, OK)
  const origin = originAt(t, upstream.origin)
  await Promise.all([get(origin), get(origin)])
  await failure(enter(origin, ask({ headers: [] })))
  await get(origin)
  t.equal(upstream.accepted(), 2)
})

t.test('a piece of no bytes does not end an upload', LIMIT, async (t) => {
  const upstream = await rawUpstream(t, {
    onData: (socket, text) => text.endsWith('\r\n0\r\n\r\n') && socket.write(OK),
  })
  const body = Readable.from([Buffer.from('a'), Buffer.alloc(0), Buffer.from('b')])
  await get(originAt(t, upstream.origin), { method: 'POST', body })
  t.match(upstream.seen(), /\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n$/)
})

t.test(
  'a sink that throws at an end that is the end of the connection harms nobody else',
  LIMIT,
  async (t) => {
    const upstream = await answering(t, 'HTTP/1.1 200 OK\r\n\r\nok', (socket) => socket.end())
    const origin = originAt(t, upstream.origin)
    const response = await enter(origin, ask())
    const end = (): void => {
      throw new TypeError('broken sink')
    }
    t.match(await new Promise((fail) => response.body.attach({ write: () => true, end, fail })), {
      code: 'internal',
    })
    t.strictSame([places(origin.stats()), await get(origin)], [[0, 0], 'ok'])
  },
)

const bodies = { 'without a body': () => null, 'with an upload': () => new PassThrough() }
for (const [stage, { isWarm, turns }] of Object.entries({
  dialling: { isWarm: false, turns: 0 },
  departing: { isWarm: true, turns: 0 },
  sent: { isWarm: true, turns: 5 },
})) {
  for (const [name, body] of Object.entries(bodies)) {
    t.test(`destroy ends a request ${name} that is ${stage}, and leaves no connection`, LIMIT, async (t) => {
      const upstream = await rawUpstream(t, {
        onData: (socket, text) => text.includes('/warm') && socket.write(OK),
      })
      const origin = originAt(t, upstream.origin)
      if (isWarm) await get(origin, { target: '/warm' })
      const failed = failure(enter(origin, ask({ body: body() })))
      for (let i = 0; i < turns; i++) await turn()
      origin.destroy()
      t.equal((await failed).code, 'draining')
      t.strictSame(places(origin.stats()), [0, 0])
      // Long enough for one that is still opened to be seen.
      for (let i = 0; i < 20; i++) await turn()
      t.equal(origin.stats().connected, 0)
      await upstream.drained()
    })
  }
}

t.test('destroy within a reply fails its body with draining', LIMIT, async (t) => {
  const upstream = await answering(t, 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok')
  const origin = originAt(t, upstream.origin)
  const [attached, not] = [await enter(origin, ask()), await enter(origin, ask())]
  const reading = failure(read(attached))
  origin.destroy()
  t.strictSame([(await reading).code, (await failure(read(not))).code], ['draining', 'draining'])
  t.strictSame(places(origin.stats()), [0, 0])
  await upstream.drained()
})
