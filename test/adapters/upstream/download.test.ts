import { PassThrough } from 'node:stream'
import t from 'tap'
import { createUpstreams } from '../../../src/adapters/upstream.ts'
import type { Sink, UpstreamResponse } from '../../../src/core/upstream.ts'
import { permitFor } from '../../support/permit.ts'
import { answering, ask, failure, get, OK, rawUpstream, read, turn, upstreamAt } from './kit.ts'

const upstreams = createUpstreams()
t.teardown(() => upstreams.close())

t.test('a reply keeps order, case, repeats and bytes of its fields', async (t) => {
  const fields = ['X-B', '1', 'set-cookie', 'a=1', 'x-a', '\xe9', 'Set-Cookie', 'b=2', 'x-empty', '']
  const lines = fields.map((field, i) => (i % 2 === 0 ? `${field}: ` : `${field}\r\n`)).join('')
  const { origin } = await answering(
    t,
    Buffer.from(`HTTP/1.1 201 Made it\r\n${lines}content-length: 0\r\n\r\n`, 'latin1'),
  )
  const { status, statusText, headers } = await get(upstreams, origin)
  t.match({ status, statusText }, { status: 201, statusText: 'Made it' })
  t.strictSame(headers, [...fields, 'content-length', '0'])
})

t.test('a head that comes byte by byte is the same', async (t) => {
  const { origin } = await rawUpstream(t, {
    onData: (socket) => {
      const bytes = [...'HTTP/1.1 200 OK\r\nX-Long-Name: some value\r\ncontent-length: 2\r\n\r\nok']
      const next = (): unknown =>
        bytes.length > 0 && socket.write(bytes.shift() ?? '', () => setImmediate(next))
      next()
    },
  })
  const response = await get(upstreams, origin)
  t.strictSame(response.headers, ['X-Long-Name', 'some value', 'content-length', '2'])
  t.match(await read(response), { text: 'ok' })
})

t.test('a body that is all there at attach comes at once, with its end', async (t) => {
  const { origin } = await answering(t, OK)
  const response = await get(upstreams, origin)
  const events: string[] = []
  response.body.attach(recorder(events))
  t.strictSame(events, ['write ok', 'end'])
})

t.test('nothing is lost when attach comes late, and what is kept is bounded', async (t) => {
  const size = 8 * 1024 * 1024
  const { origin, open } = await answering(
    t,
    `HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`,
    (socket) => socket.write(Buffer.alloc(size, 'x')),
  )
  const response = await get(upstreams, origin)
  const [socket] = open
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.ok((socket?.writableLength ?? 0) > size / 2, 'most of it still waits in the upstream')
  t.equal((await read(response)).text.length, size)
})

t.test('a full sink pauses the upstream until resume', async (t) => {
  const size = 8 * 1024 * 1024
  const { origin, open } = await answering(t, `HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`)
  const response = await get(upstreams, origin)
  let bytes = 0
  let isFull = true
  const ended = new Promise<void>((resolve, reject) => {
    response.body.attach({
      write: (chunk) => {
        bytes += chunk.length
        return !isFull
      },
      end: () => resolve(),
      fail: reject,
    })
  })
  const [socket] = open
  socket?.write(Buffer.alloc(size, 'x'))
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.ok(bytes > 0 && bytes < size / 2)
  isFull = false
  response.body.resume()
  await ended
  t.equal(bytes, size)
})

t.test('resume after the end touches nothing', async (t) => {
  const { origin } = await answering(t, OK)
  const response = await get(upstreams, origin)
  await read(response)
  response.body.resume()
  t.match(await read(await get(upstreams, origin)), { text: 'ok' })
})

t.test('a failure that came before attach is told at attach', async (t) => {
  const { origin, drained } = await answering(t, 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok', (s) =>
    s.end(),
  )
  const response = await get(upstreams, origin)
  await drained()
  await turn()
  const events: string[] = []
  response.body.attach(recorder(events))
  t.strictSame(events, ['write ok', 'fail upstream_reply_invalid'])
})

t.test('cancel ends the upstream request', async (t) => {
  const { origin, drained } = await answering(t, 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok')
  const response = await get(upstreams, origin)
  response.body.cancel(new Error('enough'))
  await drained()
  t.equal((await failure(read(response))).code, 'client_closed')
})

t.test('V85 a client that leaves before the reply ends the upstream request', async (t) => {
  let arrived: () => void = () => undefined
  const here = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const { origin, drained } = await rawUpstream(t, { onData: () => arrived() })
  const upstream = upstreamAt(origin)
  const { request, abort } = ask()
  const sent = upstreams.send(upstream)(request, await permitFor(upstream))
  await here
  abort()
  t.equal((await failure(sent)).code, 'client_closed')
  await drained()
})

t.test(
  'V85 an upstream that answers early is heard, and the rest of the upload is left to its owner',
  async (t) => {
    const early = 'HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig'
    const { origin, drained } = await answering(t, early)
    const body = new PassThrough()
    body.write('some')
    const response = await get(upstreams, origin, { method: 'POST', body })
    t.equal(response.status, 413)
    t.match(await read(response), { text: 'big' })
    await drained()
    t.notOk(body.destroyed)
    t.ok(body.isPaused())
  },
)

t.test('a sink that throws fails its own exchange and nothing else', async (t) => {
  const { origin, drained } = await rawUpstream(t, {
    onData: (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n')
      setTimeout(() => socket.write('ok'), 20)
    },
  })
  const response: UpstreamResponse = await get(upstreams, origin)
  const failed = new Promise((resolve) => {
    response.body.attach({
      write: () => {
        throw new TypeError('broken sink')
      },
      end: () => undefined,
      fail: resolve,
    })
  })
  t.match(await failed, { code: 'internal' })
  await drained()
})

function recorder(events: string[]): Sink {
  return {
    write: (chunk) => {
      events.push(`write ${Buffer.from(chunk)}`)
      return true
    },
    end: () => events.push('end'),
    fail: (error) => events.push(`fail ${'code' in error ? error.code : ''}`),
  }
}
