import t from 'tap'
import { KEY } from '../support/app.ts'
import { got } from '../support/raw-client.ts'
import { head, startWorld } from './world.ts'

const world = await startWorld(t)

t.beforeEach(() => {
  world.app.records.length = 0
  world.upstream.reset()
})

const EXPECTING = ['Content-Length: 5', 'Expect: 100-continue']

t.test('the body is invited when the decision is to forward', async (t) => {
  const client = world.app.client().send(head('POST /keyed/x', `X-Api-Key: ${KEY}`, ...EXPECTING))
  t.equal((await client.reply()).status, 100)
  t.equal((await client.send('hello').reply()).status, 200)
  t.equal((await client.send(head('GET /x')).reply()).status, 200, 'the connection lives on')
  client.leave()
})

t.test('a refused request is not invited to send its body, and its connection ends', async (t) => {
  const client = world.app.client().send(head('POST /keyed/x', ...EXPECTING))
  const reply = await client.reply()
  t.strictSame([reply.status, got(reply, 'connection')], [401, 'close'])
  await client.closed()
  t.equal(world.upstream.log, '')
})

t.test('a declared length above max_body is refused without an invitation', async (t) => {
  const client = world.app
    .client()
    .send(head('POST /small/x', 'Content-Length: 5000', 'Expect: 100-continue'))
  t.equal((await client.reply()).status, 413)
  await client.closed()
  t.equal(world.upstream.log, '')
})

t.test('an expectation of HTTP/1.0 is ignored', async (t) => {
  const client = world.app.client()
  client.send(`POST /x HTTP/1.0\r\nHost: a\r\n${EXPECTING.join('\r\n')}\r\n\r\nhello`)
  t.equal((await client.reply()).status, 200)
  client.leave()
})

t.test('an expectation without a body harms nothing', async (t) => {
  const client = world.app.client().send(head('GET /x', 'Expect: 100-continue'))
  t.equal((await client.reply()).status, 200)
  t.equal((await world.app.recorded(1)).length, 1)
  client.leave()
})

t.test('an upstream that refuses before the body: the client learns it', async (t) => {
  const { app, upstream } = await startWorld(t)
  upstream.connecting = (socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno'))
  }
  const client = app.client().send(head('POST /x', 'Content-Length: 1000000'))
  const reply = await client.send('x'.repeat(1000)).reply()
  t.strictSame([reply.status, reply.body, got(reply, 'connection')], [413, 'no', 'close'])
  await client.closed()
  t.strictSame(
    (await app.recorded(1)).map(({ status, code }) => [status, code]),
    [[413, null]],
  )
})
