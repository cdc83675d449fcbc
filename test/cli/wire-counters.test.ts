import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import { startCounters } from '../../src/cli/wire-counters.ts'
import { bucketKey, type Limit } from '../../src/core/limits.ts'
import { limitWith, sliding } from '../adapters/counters-contract/tools.ts'
import { connected, PATIENT, settingsOf } from '../adapters/redis/tools.ts'
import { startSallyport } from '../support/process.ts'
import { noRedis, startRedis } from '../support/redis.ts'

const skip = noRedis()
const HOUR_MS = 3_600_000
const limit: Limit = { ...limitWith('public', [sliding(6000, HOUR_MS)]), accuracy: 'leased' }
const log = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  flushNow: () => undefined,
}

t.test('what was leased and not spent is back in Redis once the counters are closed', { skip }, async (t) => {
  const server = await startRedis(t)
  const store = await connected(t, settingsOf(server, PATIENT))
  const audit = { event: () => undefined }
  const redis = settingsOf(server, PATIENT)
  const { counters, close } = await startCounters({ redis, local: new MemoryCounters(), audit, log })
  const key = bucketKey('public', ['192.0.2.1'])
  t.match(await counters.charge([{ limit, key, cost: 1 }], Date.now()), { refused: -1 })
  t.match(await store.read(limit, key, 0), { remaining: 6000 - 1 - 600 })
  await close()
  t.match(await store.read(limit, key, 0), { remaining: 6000 - 1 })
})

t.test('closing waits for a Redis that does not answer, but not for long', { skip }, async (t) => {
  const server = await startRedis(t)
  const audit = { event: () => undefined }
  const redis = settingsOf(server, PATIENT)
  const { counters, close } = await startCounters({ redis, local: new MemoryCounters(), audit, log })
  await counters.charge([{ limit, key: 'public', cost: 1 }], Date.now())
  server.freeze()
  // The command itself would be waited for twenty seconds.
  const late = AbortSignal.timeout(PATIENT.commandTimeoutMs / 2)
  t.equal(
    await Promise.race([close().then(() => 'closed'), once(late, 'abort').then(() => 'late')]),
    'closed',
  )
})

t.test('a gate that is told to end gives back what it has leased', { skip }, async (t) => {
  const server = await startRedis(t)
  const store = await connected(t, settingsOf(server, PATIENT))
  const api = createServer((_request, response) => response.end('fine')).listen(0, '127.0.0.1')
  await once(api, 'listening')
  t.teardown(() => {
    api.closeAllConnections()
    api.close()
  })
  const policy = `version: 1
listen: 127.0.0.1:0
ops: 127.0.0.1:0
drain: { delay: 0s, grace: 1s }
redis: { url: "${server.url}", command_timeout: 5s }
upstreams: { api: { url: "http://127.0.0.1:${(api.address() as AddressInfo).port}" } }
limits: { public: { by: ip, rate: 6000/hour, accuracy: leased } }
defaults: { upstream: api, auth: none, limits: [public] }
routes: [{ id: all, match: { path: "/*", methods: [GET] } }]
`
  const gate = await startSallyport(t, policy, { dir: t.testdir() })
  const reply = await fetch(`http://127.0.0.1:${gate.port}/`)
  t.equal(reply.status, 200)
  t.equal(await reply.text(), 'fine')
  gate.child.kill('SIGTERM')
  await once(gate.child, 'exit')
  const key = bucketKey('public', ['127.0.0.1'])
  t.match(await store.read(limit, key, 0), { remaining: 6000 - 1 })
})
