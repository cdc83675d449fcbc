import t from 'tap'
import type { RawClient, Reply } from '../support/raw-client.ts'
import { OK } from '../support/raw-upstream.ts'
import { head, startWorld } from './world.ts'

const { app, upstream } = await startWorld(t)
const BIG = 'x'.repeat(4_000_000)

t.beforeEach(() => {
  app.records.length = 0
  upstream.reset()
})

/** The reply itself: a 100 may come before, by which the gate finds out who has left. */
async function replyTo(client: RawClient): Promise<Reply> {
  const reply = await client.reply()
  return reply.status === 100 ? client.reply() : reply
}

/** Sends all it has to say, ends its side (RFC 9112 9.6 lets it) and goes on reading. */
function saying(bytes: string): RawClient {
  const client = app.client({ allowHalfOpen: true })
  client.socket.end(bytes, 'latin1')
  return client
}

const REQUESTS: readonly (readonly [what: string, bytes: string, status: number])[] = [
  ['a request', head('GET /x'), 200],
  ['a request with a body', `${head('POST /x', 'Content-Length: 5')}hello`, 200],
  ['chunks', `${head('POST /x', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`, 200],
  ['what is refused', head('GET /keyed/x'), 401],
]

for (const [what, bytes, status] of REQUESTS) {
  t.test(`a client that ends its side behind ${what} gets its reply, and the connection ends`, async (t) => {
    const client = saying(bytes)
    t.equal((await replyTo(client)).status, status)
    await client.closed()
    await app.recorded(1)
    t.match(app.records, [{ status, aborted: false }])
  })
}

t.test('a client that ends its side long before the API answers gets its reply', async (t) => {
  upstream.answer = () => null
  const client = saying(head('GET /x'))
  const [request] = await upstream.seen(1)
  // A turn of the loop for the end of the client's side, which came with the request.
  t.equal((await app.client().send(head('GET /keyed/x')).reply()).status, 401)
  request?.socket.write(OK)
  t.equal((await replyTo(client)).status, 200)
  await client.closed()
})

t.test('a client that ends its side gets a large reply whole', async (t) => {
  upstream.answer = () => `HTTP/1.1 200 OK\r\ncontent-length: ${BIG.length}\r\n\r\n${BIG}`
  const { body } = await replyTo(saying(head('GET /x')))
  t.equal(body.length, BIG.length)
})

t.test('a client that ends its side gets a reply that takes its time whole', async (t) => {
  upstream.answer = () => null
  const client = saying(head('GET /x'))
  const [request] = await upstream.seen(1)
  request?.socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab')
  // Longer than it is asked whether it is there still.
  await new Promise((resolve) => setTimeout(resolve, 400))
  request?.socket.write('cd')
  t.equal((await replyTo(client)).body, 'abcd')
})

t.test('a client that ends its side behind pipelined requests gets all replies in order', async (t) => {
  upstream.answer = ({ target }) => `HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n${target}`
  const client = saying(head('GET /1') + head('GET /2') + head('GET /3'))
  for (const target of ['/1', '/2', '/3']) t.equal((await replyTo(client)).body, target)
  await client.closed()
})

t.test('a client that ends its side in the middle of a body has left', async (t) => {
  const client = saying(`${head('POST /x', 'Content-Length: 5')}he`)
  await client.closed()
  await app.recorded(1)
  t.match(app.records, [{ code: 'client_closed', aborted: true }])
  t.equal(upstream.requests.length, 0)
})
