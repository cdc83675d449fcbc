import t from 'tap'
import { type Sallyport, startSallyport } from '../support/process.ts'
import { honestly, policyFor, startApi } from './exhaustion.ts'

const MAX = 20
const FLOOD = 300
const ASK = 'GET /open/x HTTP/1.1\r\nHost: a\r\n\r\n'

const api = await startApi(t)
const sallyport: Sallyport = await startSallyport(
  t,
  policyFor(api, { server: `max_connections: ${MAX}, timeout: { headers: 30s }` }),
)

t.test(
  'V86 connections above the bound are closed, those within it and the ops listener go on',
  async (t) => {
    const within = Array.from({ length: MAX }, () => sallyport.client())
    for (const client of within) t.equal((await client.send(ASK).reply()).status, 200)
    const beyond = Array.from({ length: FLOOD }, () => sallyport.client().send(ASK))
    for (const client of beyond) {
      await client.closed()
      t.equal(client.received, '', 'nothing is said to it')
    }
    for (const client of within) t.equal((await client.send(ASK).reply()).status, 200)
    t.match(JSON.parse(await sallyport.ops('/health/ready')), { status: 'ready' })
    t.equal(await sallyport.metric('sallyport_connections'), MAX)
    t.equal(await sallyport.metric('sallyport_connections_dropped_total'), FLOOD)
    for (const client of within) client.leave()
  },
)

t.test('V86 when the flood is over everybody is served again', async (t) => {
  await sallyport.metricBecomes('sallyport_connections', (count) => count === 0)
  t.strictSame((await honestly(sallyport, 100)).failures, [])
})

t.test('V86 a flood of connections that come and go leaves nothing behind', async (t) => {
  for (let round = 0; round < 20; round++) {
    const clients = Array.from({ length: MAX }, () => sallyport.client())
    for (const client of clients) client.leave()
  }
  await sallyport.metricBecomes('sallyport_connections', (count) => count === 0)
  t.strictSame((await honestly(sallyport, 100)).failures, [])
})
