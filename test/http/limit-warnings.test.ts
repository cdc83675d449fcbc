import t from 'tap'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import { createMetrics } from '../../src/adapters/metrics.ts'
import { KEY, KEYS, OTHER_KEY, startApp } from '../support/app.ts'
import { startUpstream } from '../support/raw-upstream.ts'
import { head } from './world.ts'

const policyFor = (origin: string): string => `version: 1
upstreams: { api: { url: "${origin}" } }
limits: { plan: { by: org, quota: 4/month, warn_at: [50%, 100%] } }
${KEYS}
defaults: { upstream: api, auth: key, limits: plan }
routes:
  - { id: all, match: { path: /* } }
`

t.test('each share of a quota is told of once per bucket, in the record and in the metrics', async (t) => {
  const upstream = await startUpstream(t)
  const store = new MemoryCounters()
  const metrics = createMetrics({
    policy: () => ({ hash: '0123456789abcdef', loadedAtMs: 0, lastReloadGood: true }),
    circuits: () => [],
    counters: () => store.stats(),
    auditDropped: () => 0,
    connections: async () => 0,
    connectionsDropped: () => 0,
    inFlight: () => 0,
    pressure: () => 'ok',
  })
  const app = await startApp(t, policyFor(upstream.origin), { counters: metrics.metered(store) })
  const client = app.client()
  for (const key of [KEY, KEY, KEY, KEY, KEY, KEY, OTHER_KEY, OTHER_KEY]) {
    await client.send(head('GET /a', `x-api-key: ${key}`)).reply()
  }
  const records = await app.recorded(8)
  t.strictSame(
    records.map(({ warnings }) => warnings.join()),
    ['', 'plan:50', '', 'plan:100', '', '', '', 'plan:50'],
  )
  t.match(
    records[1]?.trail.find(({ check }) => check === 'limit'),
    { note: 'warn plan:50' },
  )
  t.match(await metrics.render(), 'sallyport_limit_warnings_total{limit="plan"} 3\n')
})
