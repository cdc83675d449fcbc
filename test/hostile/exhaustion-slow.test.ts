import t, { type Test } from 'tap'
import { type Sallyport, startSallyport } from '../support/process.ts'
import { got, type RawClient } from '../support/raw-client.ts'
import { type Api, assertUnharmed, honestly, policyFor, startApi, trickle } from './exhaustion.ts'

const ATTACKERS = 500
/** An API has 256 places: who holds all of them keeps everybody else from it, and only a limit can tell who that is. */
const HOLDERS = 200
/**
 * The kernel keeps megabytes for each of them, until it is cut, out of what it has for the TCP of the whole machine. With
 * that full it drops honest packets, too, which then come seconds later: a measure of the machine and not of the gate.
 */
const READERS_AT_ONCE = 50
const READERS = 100
/** What Node would take by itself, looking at its time-outs each half minute. */
const NODES_OWN_MS = 30_000

const api: Api = await startApi(t)
const policy = policyFor(api, {
  server: 'timeout: { headers: 1s, request: 3s, keep_alive: 1s, idle: 1s }',
  top: 'audit: { sinks: [] }\ntrust: [127.0.0.1]',
})
const sallyport: Sallyport = await startSallyport(t, policy)
await honestly(sallyport, 4000)

t.beforeEach(() => api.reset())

function attackers(count: number): RawClient[] {
  return Array.from({ length: count }, () => sallyport.client())
}

/** All are gone, and sooner than without our own clock. */
async function assertGone(t: Test, clients: readonly RawClient[], begunMs: number): Promise<void> {
  for (const client of clients) await client.closed()
  const tookMs = performance.now() - begunMs
  t.ok(tookMs < NODES_OWN_MS / 2, `the last of ${clients.length} was closed after ${Math.round(tookMs)} ms`)
}

/** Opens connections, sends the first bytes on each, and more of them now and then, until all are closed. */
async function attack(
  t: Test,
  count: number,
  [first, more, everyMs]: readonly [first: string, more: string, everyMs: number],
): Promise<readonly RawClient[]> {
  const clients = attackers(count)
  const begunMs = performance.now()
  for (const client of clients) client.send(first)
  const timer = trickle(everyMs, clients, (client) => {
    if (!client.isClosed && more !== '') client.send(more)
  })
  await assertGone(t, clients, begunMs)
  clearInterval(timer)
  return clients
}

t.test(
  'V83 slow headers: each sender is answered 408 and closed, and the honest client goes on',
  async (t) => {
    await assertUnharmed(t, sallyport, async () => {
      const clients = await attack(t, ATTACKERS, ['GET /open/x HTTP/1.1\r\nHost: a\r\n', 'X-A: b\r\n', 200])
      for (const { received } of clients) t.match(received, /^HTTP\/1\.1 408 /)
    })
    t.equal(api.completed, api.requests, 'nothing but honest requests reached the API')
  },
)

t.test('V83 a connection on which nothing is ever sent is closed', async (t) => {
  await assertUnharmed(t, sallyport, async () => {
    await attack(t, ATTACKERS, ['', '', 1000])
  })
})

t.test('V83 slow bodies: each sender is refused and closed, and the API is let go', async (t) => {
  const first = 'POST /open/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n'
  await assertUnharmed(t, sallyport, async () => {
    const clients = await attack(t, HOLDERS, [first, 'x', 300])
    for (const { received } of clients) t.match(received, /^HTTP\/1\.1 (408|503) /)
  })
  t.equal(api.requests - api.completed, api.aborted, 'none of their requests became whole')
})

t.test('V83 bodies that stand still are refused and closed', async (t) => {
  const first = 'POST /open/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'
  await assertUnharmed(t, sallyport, async () => {
    const clients = await attack(t, HOLDERS, [first, '', 1000])
    for (const { received } of clients) t.match(received, /^HTTP\/1\.1 (408|503) /)
  })
})

t.test('V83 slow readers are cut, and the API is let go', async (t) => {
  await assertUnharmed(t, sallyport, async () => {
    const { aborted } = api
    const clients: RawClient[] = []
    // Nobody leaves before the end: what those who were cut still hold would be in the way of the next.
    while (clients.length < READERS) {
      const begunMs = performance.now()
      for (const client of attackers(READERS_AT_ONCE)) {
        clients.push(client.send('GET /endless HTTP/1.1\r\nHost: a\r\n\r\n'))
        client.socket.once('data', () => client.socket.pause())
      }
      await api.until(() => api.aborted >= aborted + clients.length)
      t.ok(performance.now() - begunMs < NODES_OWN_MS / 2, 'within the bound')
    }
    for (const client of clients) client.leave()
  })
  await sallyport.metricBecomes('sallyport_in_flight', (count) => count === 0)
})

for (const [what, path] of [
  ['the API', '/open/x'],
  ['the gate itself', '/none'],
] as const) {
  t.test(`V83 a client that asks ${what} on and on and never reads is cut`, async (t) => {
    // Each takes thousands of replies until every buffer on the way is full.
    const clients = attackers(5)
    const asking = `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(2000)
    for (const client of clients) client.send('GET /open/x HTTP/1.1\r\nHost: a\r\n\r\n')
    for (const client of clients) t.equal((await client.reply()).status, 200)
    const begun = performance.now()
    for (const client of clients) {
      client.socket.pause()
      for (let i = 0; i < 20; i++) client.send(asking)
    }
    await sallyport.metricBecomes('sallyport_connections', (count) => count === 0)
    t.ok(performance.now() - begun < NODES_OWN_MS, 'within the bound')
    await sallyport.metricBecomes('sallyport_in_flight', (count) => count === 0)
    for (const client of clients) client.leave()
    t.strictSame((await honestly(sallyport, 100)).failures, [])
  })
}

t.test('V83 idle keep-alive connections are closed to the second', async (t) => {
  await assertUnharmed(t, sallyport, async () => {
    const clients = attackers(ATTACKERS)
    for (const client of clients) client.send('GET /none HTTP/1.1\r\nHost: a\r\n\r\n')
    for (const client of clients) {
      const reply = await client.reply()
      // Node's own five seconds would be within the bound, too.
      t.strictSame([reply.status, got(reply, 'keep-alive')], [404, 'timeout=1'])
    }
    await assertGone(t, clients, performance.now())
  })
})
