import t from 'tap'
import { type Sallyport, startSallyport } from '../support/process.ts'
import { got } from '../support/raw-client.ts'
import { honestly, policyFor, startApi } from './exhaustion.ts'

const CLIENTS = 200
const AT_ONCE = 50

const api = await startApi(t)
const sallyport: Sallyport = await startSallyport(t, policyFor(api, { top: 'audit: { sinks: [] }' }))

t.beforeEach(() => api.reset())

/** Runs it for every client, some at a time. */
async function forEachClient(run: () => Promise<void>): Promise<void> {
  for (let i = 0; i < CLIENTS; i += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, run))
}

/** Nothing of those who left is there any more, on either side. */
async function assertBaseline(t: {
  equal(found: unknown, wanted: unknown, told: string): unknown
}): Promise<void> {
  await sallyport.metricBecomes('sallyport_in_flight', (count) => count === 0)
  await sallyport.metricBecomes('sallyport_connections', (count) => count === 0)
  const { failures } = await honestly(sallyport, 100)
  t.equal(failures.length, 0, 'honest requests go on')
  await api.until(() => api.sockets.size <= 4)
}

t.test(
  'V85 200 clients that leave in the middle of an upload: each upstream request is aborted',
  async (t) => {
    await forEachClient(async () => {
      const client = sallyport.client()
      client.send('POST /open/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhalf')
      const seen = api.bytesRead
      await api.until(() => api.bytesRead > seen)
      client.leave()
    })
    await api.until(() => api.aborted === api.requests)
    t.equal(api.completed, 0, 'none of them looked whole to the API')
    await assertBaseline(t)
  },
)

t.test(
  'V85 200 clients that leave in the middle of a download: each upstream reply is aborted',
  async (t) => {
    await forEachClient(async () => {
      const client = sallyport.client().send('GET /endless HTTP/1.1\r\nHost: a\r\n\r\n')
      await client.until('xxxx')
      client.leave()
    })
    await api.until(() => api.aborted === CLIENTS)
    t.equal(api.requests, CLIENTS)
    await assertBaseline(t)
  },
)

t.test(
  'V85 200 uploads that the API refuses early: each client hears it, nothing is left behind',
  async (t) => {
    await forEachClient(async () => {
      const client = sallyport.client()
      client
        .send('POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n')
        .send(Buffer.alloc(65_536))
      const reply = await client.reply()
      t.equal(reply.status, 413)
      t.equal(got(reply, 'connection'), 'close', 'the rest is not wanted')
      client.leave()
    })
    await assertBaseline(t)
  },
)
