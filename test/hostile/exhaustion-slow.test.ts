import t, { type Test } from 'tap'
import { type Sallyport, startSallyport } from '../support/process.ts'
import type { RawClient } from '../support/raw-client.ts'
import { type Api, assertUnharmed, every, honestly, policyFor, startApi } from './exhaustion.ts'

const ATTACKERS = 200
/** What Node would take by itself, looking at its time-outs each half minute. */
const NODES_OWN_MS = 30_000

const api: Api = await startApi(t)
const policy = policyFor(api, {
  server: 'timeout: { headers: 1s, request: 3s, keep_alive: 1s, idle: 1s }',
  top: 'audit: { sinks: [] }',
})
const sallyport: Sallyport = await startSallyport(t, policy)
const before = await honestly(sallyport, 400)

t.beforeEach(() => api.reset())

function attackers(count = ATTACKERS): RawClient[] {
  return Array.from({ length: count }, () => sallyport.client())
}

/** All are gone, and sooner than without our own clock. */
async function assertGone(t: Test, clients: readonly RawClient[], begunMs: number): Promise<void> {
  for (const client of clients) await client.closed()
  const tookMs = performance.now() - begunMs
  t.ok(tookMs < NODES_OWN_MS / 2, `the last of ${clients.length} was closed after ${Math.round(tookMs)} ms`)
  await sallyport.metricBecomes('sallyport_in_flight', (count) => count === 0)
}

t.test(
  'V83 slow headers: each sender is answered 408 and closed, and the honest client goes on',
  async (t) => {
    const clients = attackers()
    const begun = performance.now()
    for (const client of clients) client.send('GET /open/x HTTP/1.1\r\nHost: a\r\n')
    every(t, 200, () => {
      for (const client of clients) if (!client.isClosed) client.send('X-A: b\r\n')
    })
    const during = honestly(sallyport, 400)
    await assertGone(t, clients, begun)
    for (const { received } of clients) t.match(received, /^HTTP\/1\.1 408 /)
    assertUnharmed(t, before, await during)
    t.equal(api.completed, api.requests, 'nothing but honest requests reached the API')
  },
)

t.test('V83 a connection on which nothing is ever sent is closed', async (t) => {
  const clients = attackers()
  const begun = performance.now()
  const during = honestly(sallyport, 400)
  await assertGone(t, clients, begun)
  assertUnharmed(t, before, await during)
})

t.test('V83 slow bodies: each sender is answered 408 and closed, and the API is let go', async (t) => {
  const clients = attackers()
  const begun = performance.now()
  for (const client of clients)
    client.send('POST /open/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n')
  every(t, 300, () => {
    for (const client of clients) if (!client.isClosed) client.send('x')
  })
  const during = honestly(sallyport, 400)
  await assertGone(t, clients, begun)
  for (const { received } of clients) t.match(received, /^HTTP\/1\.1 (408|503) /)
  assertUnharmed(t, before, await during)
  t.equal(api.requests - api.completed, api.aborted, 'none of their requests became whole')
})

t.test('V83 bodies that stand still are answered 408 and closed', async (t) => {
  const clients = attackers()
  const begun = performance.now()
  for (const client of clients)
    client.send('POST /open/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
  const during = honestly(sallyport, 400)
  await assertGone(t, clients, begun)
  for (const { received } of clients) t.match(received, /^HTTP\/1\.1 (408|503) /)
  assertUnharmed(t, before, await during)
})

t.test('V83 slow readers are cut, and the API is let go', async (t) => {
  const clients = attackers(50)
  const begun = performance.now()
  for (const client of clients) {
    client.send('GET /endless HTTP/1.1\r\nHost: a\r\n\r\n')
    client.socket.once('data', () => client.socket.pause())
  }
  await api.until(() => api.requests >= clients.length)
  const during = honestly(sallyport, 400)
  await api.until(() => api.aborted >= clients.length)
  t.ok(performance.now() - begun < NODES_OWN_MS / 2, 'within the bound')
  await sallyport.metricBecomes('sallyport_in_flight', (count) => count === 0)
  assertUnharmed(t, before, await during)
})

for (const [what, path] of [
  ['the API', '/open/x'],
  ['the gate itself', '/none'],
] as const) {
  t.test(`V83 a client that asks ${what} on and on and never reads is cut`, async (t) => {
    const clients = attackers(20)
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
  const clients = attackers()
  for (const client of clients) client.send('GET /open/x HTTP/1.1\r\nHost: a\r\n\r\n')
  for (const client of clients) t.equal((await client.reply()).status, 200)
  const begun = performance.now()
  await assertGone(t, clients, begun)
})
