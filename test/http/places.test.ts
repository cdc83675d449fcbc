import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { ConcurrentCounters } from '../../src/adapters/counters/places.ts'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import type { BucketState, Charge, ChargeResult, Limit } from '../../src/core/limits.ts'
import type { CounterStore } from '../../src/core/ports.ts'
import { type App, KEY, KEYS, startApp } from '../support/app.ts'
import { got } from '../support/raw-client.ts'
import { OK, type RawUpstream, startUpstream } from '../support/raw-upstream.ts'
import { head } from './world.ts'

const policyFor = (origin: string, chat: string): string => `version: 1
upstreams:
  api: { url: "${origin}", circuit: off, retry: off, timeout: { connect: 1s, response: 5s, idle: 5s } }
  chat: { url: "${chat}", circuit: off, retry: off }
limits:
  pair: { by: ip, concurrent: 2 }
  own: { by: key, concurrent: 1000, rate: 1000000/minute }
  once: { by: key, rate: 1/day }
  many: { by: ip, concurrent: 1000, rate: 1000000/minute }
${KEYS}
defaults: { upstream: api, auth: none, limits: many }
routes:
  - { id: pair, match: { path: /pair/* }, limits: pair }
  - { id: open, match: { path: /open/* } }
  - { id: keyed, match: { path: /keyed/* }, auth: key, limits: [many, own] }
  - { id: once, match: { path: /once/* }, auth: key, limits: [many, once] }
  - { id: watched, match: { path: /watched/* }, auth: key, limits: [many, once, own], mode: report }
  - { id: small, match: { path: /small/* }, validate: { max_body: 4B } }
  - { id: chat, match: { path: /chat/* }, upstream: chat, websocket: true }
`

/** Every second answer comes later, and of these every fifth is a failure. */
class Unsteady implements CounterStore {
  readonly #inner = new MemoryCounters()
  #asked = 0

  charge(charges: readonly Charge[], nowMs: number): ChargeResult | Promise<ChargeResult> {
    this.#asked += 1
    if (this.#asked % 2 === 0) return this.#inner.charge(charges, nowMs)
    const isFailing = this.#asked % 5 === 0
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        if (isFailing) reject(new Error('the store failed'))
        else resolve(this.#inner.charge(charges, nowMs))
      })
    })
  }

  refund(charges: readonly Charge[], nowMs: number): void {
    this.#inner.refund(charges, nowMs)
  }

  release(charges: readonly Charge[]): void {
    this.#inner.release(charges)
  }

  read(limit: Limit, key: string, nowMs: number): BucketState {
    return this.#inner.read(limit, key, nowMs)
  }

  reset(key: string): void {
    this.#inner.reset(key)
  }
}

interface Scene {
  readonly app: App
  readonly upstream: RawUpstream
  readonly counters: ConcurrentCounters
  readonly server: WebSocketServer
}

async function sceneOf(t: Test, store: CounterStore = new MemoryCounters()): Promise<Scene> {
  const upstream = await startUpstream(t)
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await once(server, 'listening')
  t.teardown(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  const counters = new ConcurrentCounters(store)
  const chat = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const app = await startApp(t, policyFor(upstream.origin, chat), { counters })
  return { app, upstream, counters, server }
}

t.test('a third request at once is 429, and gets in when one is over', async (t) => {
  const { app, upstream, counters } = await sceneOf(t)
  upstream.answer = () => null
  const [first, second] = [app.client(), app.client()]
  for (const client of [first, second]) client.send(head('GET /pair/x'))
  await upstream.seen(2)
  const third = app.client().send(head('GET /pair/x'))
  const refused = await third.reply()
  t.equal(refused.status, 429)
  t.match(refused.body, /"code":"concurrency_exceeded"/)
  t.equal(got(refused, 'retry-after'), '1')
  t.equal(got(refused, 'ratelimit'), null, 'no window is told of')
  upstream.requests[0]?.socket.write(OK)
  t.equal((await first.reply()).status, 200)
  while (counters.taken > 1) await app.recorded(app.records.length + 1)
  upstream.answer = () => OK
  t.equal((await third.send(head('GET /pair/x')).reply()).status, 200)
  second.leave()
  await app.recorded(4)
  t.equal(counters.taken, 0)
})

t.test('a WebSocket keeps its place until it is closed', async (t) => {
  const { app, counters, server } = await sceneOf(t)
  for (const end of ['close', 'terminate'] as const) {
    app.records.length = 0
    const connected = once(server, 'connection')
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}/chat/x`)
    await Promise.all([once(socket, 'open'), connected])
    t.equal(counters.taken, 1)
    socket[end]()
    await app.recorded(1)
    t.equal(counters.taken, 0)
  }
})

t.test('a place that is taken when the client has left already is given back at once', async (t) => {
  const answers: (() => void)[] = []
  const store = new MemoryCounters()
  const slow = Object.assign(new MemoryCounters(), {
    charge: (charges: readonly Charge[], nowMs: number) =>
      new Promise((resolve) => answers.push(() => resolve(store.charge(charges, nowMs)))),
  })
  const { app, counters } = await sceneOf(t, slow as MemoryCounters)
  const client = app.client().send(head('GET /open/x'))
  while (answers.length === 0) await new Promise((resolve) => setImmediate(resolve))
  t.equal(counters.taken, 1)
  client.leave()
  await app.recorded(1)
  for (const answer of answers) answer()
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(counters.taken, 0)
})

type Act = (scene: Scene) => unknown

const key = `x-api-key: ${KEY}`
const sending =
  (bytes: string): Act =>
  ({ app }) =>
    app.client().send(bytes).reply()
const leaving =
  (bytes: string): Act =>
  async ({ app }) => {
    const client = app.client().send(bytes)
    await new Promise((resolve) => setImmediate(resolve))
    client.leave()
  }

/** Everything that can become of a request. */
const ACTS: readonly Act[] = [
  sending(head('GET /open/x')),
  sending(head('GET /pair/x')),
  sending(head('GET /keyed/x', key)),
  sending(head('GET /keyed/x', 'x-api-key: wrong')),
  sending(head('GET /keyed/x')),
  sending(head('GET /once/x', key)),
  sending(head('GET /watched/x', key)),
  sending(head('GET /open/broken')),
  sending(head('GET /open/odd')),
  sending(`${head('POST /small/x', 'Content-Length: 9')}too large`),
  sending(`${head('POST /small/x', 'Transfer-Encoding: chunked')}9\r\ntoo large\r\n0\r\n\r\n`),
  sending(head('GET /nowhere')),
  sending(head('GET /chat/x', 'Connection: upgrade', 'Upgrade: other')),
  leaving(head('GET /open/silent')),
  leaving(head('GET /keyed/silent', key)),
  leaving(head('GET /pair/silent') + head('GET /open/silent') + head('GET /keyed/x', key)),
  leaving(`${head('POST /open/x', 'Content-Length: 100000')}begin`),
  leaving(`${head('POST /small/x', 'Content-Length: 3')}a`),
  leaving(`${head('POST /open/x', 'Transfer-Encoding: chunked')}zz\r\n`),
  sending(head('GET /chat/x', 'Connection: upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 7')),
  leaving(head('GET /chat/x', 'Connection: upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13')),
  async ({ app }) => {
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}/chat/x`)
    socket.on('error', () => undefined)
    socket.on('open', () => socket.terminate())
    await once(socket, 'close')
  },
]

const ANSWERS: Readonly<Record<string, string | null>> = {
  silent: null,
  odd: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok',
}

const EXPECTED = ['internal', 'key_invalid', 'rate_limited', 'client_closed', 'body_too_large'] as const

/** The same numbers in each run. */
function* numbers(seed: number): Generator<number, never, undefined> {
  let state = seed
  for (;;) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    yield state >>> 8
  }
}

async function actAtRandom(t: Test, seed: number): Promise<void> {
  const scene = await sceneOf(t, new Unsteady())
  const { app, upstream, counters } = scene
  const count = { taken: 0, released: 0 }
  const release = counters.release.bind(counters)
  counters.release = (charges) => {
    count.released += charges.length
    release(charges)
  }
  const charge = counters.charge.bind(counters)
  counters.charge = (charges, nowMs) => {
    const result = charge(charges, nowMs)
    const places = charges.filter(({ limit }) => limit.concurrent !== null).length
    const note = (settled: ChargeResult): ChargeResult => {
      if (settled.refused === -1) count.taken += places
      return settled
    }
    return result instanceof Promise ? result.then(note) : note(result)
  }
  upstream.answer = ({ target, socket }) => {
    if (target.endsWith('broken')) socket.destroy()
    const answer = ANSWERS[target.slice(target.lastIndexOf('/') + 1)]
    return answer === undefined ? OK : answer
  }
  const chosen = numbers(seed)
  for (let round = 0; round < 20; round++) {
    const acts = Array.from({ length: 20 }, () => ACTS[chosen.next().value % ACTS.length] as Act)
    // Some connections end before their reply: what they were told is not the matter here.
    await Promise.all(acts.map(async (act) => act(scene)).map((done) => done.catch(() => undefined)))
  }
  while (app.gate.inFlight > 0) await app.recorded(app.records.length + 1)
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  t.ok(count.taken > 200, `${count.taken} places were taken`)
  t.equal(count.released, count.taken)
  t.equal(counters.taken, 0)
  const codes = new Set(app.records.map(({ code }) => code))
  t.comment([...codes].join(' '))
  for (const code of EXPECTED) t.ok(codes.has(code), code)
}

for (const seed of [3, 6, 12_345]) {
  const name = `whatever becomes of requests, every place that was taken is given back (seed ${seed})`
  t.test(name, { timeout: 20_000 }, (t) => actAtRandom(t, seed))
}
