import t from 'tap'
import { MAX_AT_ONCE } from '../../src/http/turns.ts'
import { OK, type SeenRequest } from '../support/raw-upstream.ts'
import { head, startWorld } from './world.ts'

const REQUESTS = 500

/** An upstream that answers nothing until it is opened, a little late then, and knows how many wait. */
class Slow {
  readonly #waiting: SeenRequest[] = []
  #isOpen = false
  most = 0

  take(request: SeenRequest): void {
    this.#waiting.push(request)
    this.most = Math.max(this.most, this.#waiting.length)
    if (this.#isOpen) setImmediate(() => this.#answer())
  }

  open(): void {
    this.#isOpen = true
    this.#answer()
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Answers all that wait, the last one first, each with its own path. */
  #answer(): void {
    for (const { socket, target } of this.#waiting.splice(0).reverse()) {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${target.length}\r\n\r\n${target}`)
    }
  }
}

const world = await startWorld(t)
const { app, upstream } = world

function numbered(from: number, count: number): string {
  return Array.from({ length: count }, (_, i) => head(`GET /slow/${from + i}`)).join('')
}

t.beforeEach(() => {
  upstream.reset()
  app.records.length = 0
})

/** Everything but `/slow` is answered at once. */
function slowUpstream(): Slow {
  const slow = new Slow()
  upstream.answer = (request) => {
    if (!request.target.startsWith('/slow')) return OK
    slow.take(request)
    return null
  }
  return slow
}

t.test(
  'V83 500 pipelined requests: few are at the upstream at once, all are answered in order',
  async (t) => {
    const slow = slowUpstream()
    const client = app.client().send(numbered(0, REQUESTS))
    await upstream.seen(MAX_AT_ONCE)
    const other = app.client()
    for (let i = 0; i < 20; i++) t.equal((await other.send(head('GET /quick')).reply()).status, 200)
    t.equal(slow.waiting, MAX_AT_ONCE, 'another client is served, and no more of the first one')
    const bodies: string[] = []
    slow.open()
    while (bodies.length < REQUESTS) bodies.push((await client.reply()).body)
    t.strictSame(
      bodies,
      Array.from({ length: REQUESTS }, (_, i) => `/slow/${i}`),
    )
    t.equal(slow.most, MAX_AT_ONCE)
    t.equal((await client.send(head('GET /quick')).reply()).status, 200, 'the connection lives on')
  },
)

t.test('V83 what comes behind those that wait is not read', async (t) => {
  const slow = slowUpstream()
  const client = app.client().send(numbered(0, 100))
  await upstream.seen(MAX_AT_ONCE)
  const flood = numbered(100, 1000)
  const floodMb = 64
  for (let sent = 0; sent < floodMb * 1024 * 1024; sent += flood.length) client.send(flood)
  const other = app.client()
  for (let i = 0; i < 50; i++) t.equal((await other.send(head('GET /quick')).reply()).status, 200)
  t.ok(client.socket.writableLength > 0, 'the client has to wait')
  t.ok(app.gate.inFlight < 4000, `${app.gate.inFlight} in flight`)
  t.equal(slow.most, MAX_AT_ONCE)
  client.leave()
  slow.open()
  while (app.gate.inFlight > 0) await app.recorded(app.records.length + 1)
})

t.test('V83 bodies behind those that wait arrive whole', async (t) => {
  const slow = slowUpstream()
  const posts = Array.from(
    { length: 40 },
    (_, i) =>
      `POST /slow/${i} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nb${String(i).padStart(4, '0')}`,
  )
  const client = app.client().send(posts.join(''))
  await upstream.seen(MAX_AT_ONCE)
  slow.open()
  for (let i = 0; i < posts.length; i++) {
    t.equal((await client.reply()).body, `/slow/${i}`)
  }
  t.strictSame(
    upstream.requests
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => body)
      .sort(),
    posts.map((post) => post.slice(-5)),
  )
})

t.test(
  'V18 a refusal at the door behind those that wait is told last, and ends the connection',
  async (t) => {
    const slow = slowUpstream()
    const client = app.client().send(`${numbered(0, 20)}${head('GET /slow/x', 'Host: b')}${numbered(20, 5)}`)
    const statuses: number[] = []
    slow.open()
    while (statuses.length < 21) statuses.push((await client.reply()).status)
    await client.closed()
    t.strictSame(statuses, [...Array(20).fill(200), 400])
    t.equal(upstream.requests.length, 20, 'what came behind it was not judged')
  },
)

t.test('V18 bytes that are no HTTP behind those that wait are told of last', async (t) => {
  const slow = slowUpstream()
  const client = app.client().send(`${numbered(0, 20)}no HTTP\r\n\r\n`)
  const statuses: number[] = []
  slow.open()
  while (statuses.length < 21) statuses.push((await client.reply()).status)
  await client.closed()
  t.strictSame(statuses, [...Array(20).fill(200), 400])
})

t.test('V85 those that wait end with their client, and never reach the upstream', async (t) => {
  const slow = slowUpstream()
  const client = app.client().send(numbered(0, 50))
  await upstream.seen(MAX_AT_ONCE)
  client.leave()
  await app.recorded(50)
  t.equal(slow.most, MAX_AT_ONCE)
  t.equal(upstream.requests.length, MAX_AT_ONCE)
  t.equal(app.gate.inFlight, 0)
})
