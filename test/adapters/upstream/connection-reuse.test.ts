import { PassThrough } from 'node:stream'
import t from 'tap'
import type { Sink, UpstreamResponse } from '../../../src/core/upstream.ts'
import { answering, ask, failure, OK, rawUpstream, read, turn } from './kit.ts'
import { enter, originAt } from './kit-origin.ts'

// What one exchange leaves behind on its connection must not reach the next one.

const LIMIT = { timeout: 5000 }
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n'
const sink = (more: Partial<Sink>): Sink => ({
  write: () => true,
  end: () => undefined,
  fail: () => undefined,
  ...more,
})

t.test('a body that is cancelled while it is written holds up nobody else on that connection', async (t) => {
  const upstream = await rawUpstream(t, {
    onData: (socket, text) => text.includes('/first') && socket.write('HTTP/1.1 200 OK\r\n\r\n'),
  })
  const origin = originAt(t, upstream.origin)
  const first = await enter(origin, ask({ target: '/first' }))
  const second = new Promise<UpstreamResponse>((resolve) => {
    const write = (): boolean => {
      first.body.cancel(new Error('enough'))
      resolve(enter(origin, ask({ target: '/second' }), 300))
      return false
    }
    first.body.attach({ write, end: () => undefined, fail: () => undefined })
    for (const socket of upstream.open) socket.write('ok')
  })
  // Paused in the place of the first, its silence would never be noticed.
  t.equal((await failure(second)).code, 'upstream_timeout')
})

t.test('a reply whose last bytes fill its reader leaves the connection to the next one', LIMIT, async (t) => {
  const upstream = await answering(t, HEAD)
  const origin = originAt(t, upstream.origin)
  const { body } = await enter(origin, ask())
  await new Promise<void>((end) => {
    body.attach(sink({ write: () => false, end: () => end() }))
    for (const socket of upstream.open) socket.write('ok')
  })
  const next = enter(origin, ask())
  while (!/GET.*GET/s.test(upstream.seen())) await turn()
  for (const socket of upstream.open) socket.write('ok')
  t.match(await read(await next), { text: 'ok' })
  t.equal(upstream.accepted(), 1)
})

t.test('a reader that takes its time is not the silence of the upstream', LIMIT, async (t) => {
  const upstream = await answering(t, HEAD)
  const origin = originAt(t, upstream.origin)
  const slow = await enter(origin, ask(), 100)
  let isFull = true
  let text = ''
  const whole = new Promise<string>((resolve, fail) => {
    const write = (chunk: Uint8Array): boolean => {
      text += Buffer.from(chunk).toString()
      return !isFull
    }
    slow.body.attach(sink({ write, end: () => resolve(text), fail }))
  })
  for (const socket of upstream.open) socket.write('o')
  while (text === '') await turn()
  // As long as another one's silence lasts, which began after this one's.
  t.equal((await failure(read(await enter(origin, ask(), 200)))).code, 'upstream_timeout')
  isFull = false
  slow.body.resume()
  for (const socket of upstream.open) socket.write('k')
  t.equal(await whole, 'ok')
})

t.test('a reader that throws at its end harms nobody who has the connection by then', LIMIT, async (t) => {
  const upstream = await answering(t, HEAD)
  const origin = originAt(t, upstream.origin)
  const { body } = await enter(origin, ask())
  const next = new Promise<UpstreamResponse>((resolve) => {
    const end = (): void => {
      resolve(enter(origin, ask({ target: '/next' })))
      throw new TypeError('broken sink')
    }
    body.attach(sink({ end }))
    for (const socket of upstream.open) socket.write('ok')
  })
  const { status } = await next
  t.strictSame([status, upstream.accepted()], [200, 1])
})

t.test(
  'V85 an upload that is answered early ends its connection, and is no part of the next request',
  LIMIT,
  async (t) => {
    const upstream = await answering(t, OK)
    const origin = originAt(t, upstream.origin)
    const body = new PassThrough()
    body.write('some')
    t.match(await read(await enter(origin, ask({ method: 'POST', body }))), { text: 'ok' })
    t.equal(origin.stats().connected, 0)
    t.match(await read(await enter(origin, ask())), { text: 'ok' })
    t.equal(upstream.accepted(), 2)
  },
)

t.test('one request after another takes the connection of the one before', LIMIT, async (t) => {
  const used: number[] = []
  const upstream = await rawUpstream(t, {
    onData: (socket, _text, index) => {
      used.push(index)
      socket.write(OK)
    },
  })
  const origin = originAt(t, upstream.origin)
  const get = async () => (await read(await enter(origin, ask()))).text
  await Promise.all([get(), get()])
  for (let i = 0; i < 3; i++) await get()
  t.equal(new Set(used.slice(2)).size, 1, 'the others fall asleep')
})

t.test('resume of a body that is over does not resume the next one on its connection', LIMIT, async (t) => {
  const upstream = await answering(t, HEAD)
  const origin = originAt(t, upstream.origin)
  const say = (text: string): void => {
    for (const socket of upstream.open) socket.write(text)
  }
  const over = await enter(origin, ask())
  say('ok')
  await read(over)
  const full = await enter(origin, ask())
  let text = ''
  const write = (chunk: Uint8Array): boolean => {
    text += Buffer.from(chunk).toString()
    return false
  }
  const whole = new Promise<string>((resolve, fail) => {
    full.body.attach(sink({ write, end: () => resolve(text), fail }))
  })
  say('o')
  while (text === '') await turn()
  over.body.resume()
  say('k')
  for (let i = 0; i < 20; i++) await turn()
  t.equal(text, 'o')
  full.body.resume()
  t.equal(await whole, 'ok')
})
