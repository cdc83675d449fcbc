import t from 'tap'
import { startSallyport } from '../support/process.ts'
import { got } from '../support/raw-client.ts'
import { honestly, policyFor, startApi } from './exhaustion.ts'

const MB = 1024 * 1024
const HOARDERS = 200
const ASK = 'GET /open/x HTTP/1.1\r\nHost: a\r\n\r\n'

const api = await startApi(t)
const policy = policyFor(api, {
  server: 'max_memory: 192MB',
  routes: '  - { id: judged, match: { path: /judged }, validate: { max_body: 1MB, body: ./schema.json } }\n',
})

t.test(
  'V84 bodies that fill the memory: 503 before the kernel kills, and all is well when they are gone',
  async (t) => {
    const sallyport = await startSallyport(t, policy, { files: { 'schema.json': '{}' } })
    const refusing = 'sallyport_memory_pressure{state="refuse"}'
    const body = Buffer.alloc(MB - 1000, 'x')
    const hoarders = []
    for (let i = 0; i < HOARDERS && (await sallyport.metric(refusing)) === 0; i++) {
      const head = `POST /judged HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${MB}\r\n\r\n`
      const hoarder = sallyport.client().send(head).send(body)
      await new Promise((resolve) => hoarder.socket.write('', resolve))
      hoarders.push(hoarder)
    }
    await sallyport.metricBecomes(refusing, (on) => on === 1)
    t.ok(hoarders.length < HOARDERS, `${hoarders.length} were enough`)

    const client = sallyport.client().send(ASK)
    const reply = await client.reply()
    t.equal(reply.status, 503)
    t.equal(JSON.parse(reply.body).code, 'overloaded')
    t.ok(Number(got(reply, 'retry-after')) > 0)
    t.equal(got(reply, 'connection'), 'close')
    await client.closed()
    t.match(JSON.parse(await sallyport.ops('/health/live')), { status: 'alive' })

    for (const hoarder of hoarders) hoarder.leave()
    await sallyport.metricBecomes(refusing, (on) => on === 0)
    await sallyport.metricBecomes('sallyport_in_flight', (count) => count === 0)
    t.strictSame((await honestly(sallyport, 100)).failures, [])
    t.match(sallyport.stderr, /"pressure":"refuse"/, 'the operator is told')
  },
)

t.test('V84 without a bound of memory nobody is refused for it', async (t) => {
  const sallyport = await startSallyport(t, policy.replace('max_memory: 192MB', 'max_memory: off'), {
    files: { 'schema.json': '{}' },
    dir: t.testdir(),
  })
  t.strictSame((await honestly(sallyport, 100)).failures, [])
  t.equal(await sallyport.metric('sallyport_memory_pressure{state="ok"}'), 1)
})
