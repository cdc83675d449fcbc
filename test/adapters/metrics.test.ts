import t from 'tap'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import { createMetrics, type MetricSources } from '../../src/adapters/metrics.ts'
import { bareLimit } from '../support/limit.ts'
import { forwarded } from './audit-records.ts'

function metricsWith(more: Partial<MetricSources> = {}) {
  return createMetrics({
    policy: () => ({ hash: '0123456789abcdef', loadedAtMs: 5000, lastReloadGood: true }),
    circuits: () => [{ name: 'legacy', state: 'open', openedAtMs: 1 }],
    counters: () => new MemoryCounters().stats(),
    auditDropped: () => 3,
    connections: async () => 7,
    connectionsDropped: () => 2,
    inFlight: () => 4,
    pressure: () => 'ok',
    ...more,
  })
}

const lineOf = (text: string, start: string) => text.split('\n').find((line) => line.startsWith(start))

t.test('requests are counted by route, outcome and status class', async (t) => {
  const metrics = metricsWith()
  metrics.record(forwarded)
  metrics.record({ ...forwarded, status: 204 })
  metrics.record({ ...forwarded, status: 502, code: 'upstream_unreachable' })
  metrics.record({ ...forwarded, route: null, outcome: 'malformed', status: 0, code: 'request_malformed' })
  const text = await metrics.render()
  t.match(text, 'sallyport_requests_total{route="orders",outcome="forward",status="2xx"} 2\n')
  t.match(text, 'sallyport_requests_total{route="orders",outcome="forward",status="5xx"} 1\n')
  t.match(text, 'sallyport_requests_total{route="none",outcome="malformed",status="none"} 1\n')
  t.match(text, 'sallyport_refusals_total{route="orders",code="upstream_unreachable"} 1\n')
})

t.test('durations are cumulative histograms in seconds', async (t) => {
  const metrics = metricsWith()
  metrics.record({ ...forwarded, durationMs: 2, gateMs: 0.06 })
  metrics.record({ ...forwarded, durationMs: 90_000, gateMs: 0.06 })
  const text = await metrics.render()
  t.equal(
    lineOf(text, '# TYPE sallyport_request_duration'),
    '# TYPE sallyport_request_duration_seconds histogram',
  )
  t.match(text, 'sallyport_request_duration_seconds_bucket{le="0.001",route="orders"} 0\n')
  t.match(text, 'sallyport_request_duration_seconds_bucket{le="0.0025",route="orders"} 1\n')
  t.match(text, 'sallyport_request_duration_seconds_bucket{le="60",route="orders"} 1\n')
  t.match(text, 'sallyport_request_duration_seconds_bucket{le="+Inf",route="orders"} 2\n')
  t.match(text, 'sallyport_request_duration_seconds_count{route="orders"} 2\n')
  t.match(text, 'sallyport_request_duration_seconds_sum{route="orders"} 90.002\n')
  t.match(text, 'sallyport_gate_duration_seconds_bucket{le="0.0001",route="orders"} 2\n')
})

t.test('asking twice does not count twice', async (t) => {
  const metrics = metricsWith()
  metrics.record(forwarded)
  t.equal(
    lineOf(await metrics.render(), 'sallyport_requests_total'),
    lineOf(await metrics.render(), 'sallyport_requests_total'),
  )
})

t.test('what report mode lets through is counted', async (t) => {
  const metrics = metricsWith()
  metrics.record({ ...forwarded, trail: [{ check: 'access', verdict: 'report', code: 'address_refused' }] })
  t.match(await metrics.render(), 'sallyport_reported_total{route="orders",code="address_refused"} 1\n')
})

t.test(
  'S11 clients cannot make series: paths and keys are no labels, and routes that are gone end',
  async (t) => {
    const metrics = metricsWith()
    for (let i = 0; i < 500; i++) {
      metrics.record({ ...forwarded, path: `/p/${i}`, method: `M${i}`, client: `198.51.100.${i}` })
      metrics.record({ ...forwarded, route: `old-${i}` })
    }
    metrics.setRoutes(['orders'])
    const series = (await metrics.render()).split('\n').filter((line) => line.startsWith('sallyport_'))
    t.ok(series.length < 100, `${series.length} series`)
    t.notMatch(series.join('\n'), /old-|198\.51|\/p\//)
  },
)

t.test('the state of the gate is told', async (t) => {
  const text = await metricsWith().render()
  t.match(text, 'sallyport_policy_info{hash="0123456789abcdef"} 1\n')
  t.match(text, 'sallyport_policy_last_reload_timestamp_seconds 5\n')
  t.match(text, 'sallyport_policy_last_reload_successful 1\n')
  t.match(text, 'sallyport_circuit_state{upstream="legacy",state="open"} 1\n')
  t.match(text, 'sallyport_circuit_state{upstream="legacy",state="closed"} 0\n')
  t.match(text, 'sallyport_audit_dropped_total 3\n')
  t.match(text, 'sallyport_connections 7\n')
  t.match(text, 'sallyport_connections_dropped_total 2\n')
  t.match(text, 'sallyport_in_flight 4\n')
  t.match(text, 'nodejs_eventloop_lag_seconds')
})

const plan = bareLimit({
  name: 'plan',
  by: ['org'],
  windows: [{ kind: 'calendar', max: 2, unit: 'day' }],
  warnAt: [0.5],
})

t.test('limits that refuse and warn are counted by name', async (t) => {
  const metrics = metricsWith()
  const counters = metrics.metered(new MemoryCounters())
  const charges = [{ limit: plan, key: 'plan|4:acme', cost: 1 }]
  for (let i = 0; i < 4; i++) await counters.charge(charges, 1000)
  const text = await metrics.render()
  t.match(text, 'sallyport_limit_hits_total{limit="plan"} 2\n')
  t.match(text, 'sallyport_limit_warnings_total{limit="plan"} 1\n')
})

t.test('a store that does not answer is no limit that was hit', async (t) => {
  const metrics = metricsWith()
  const result = { refused: 0, cause: 'unavailable', retryAfterMs: 1000, states: [], warnings: [] } as const
  const counters = metrics.metered({
    charge: () => result,
    refund: () => undefined,
    release: () => undefined,
  })
  t.equal(await counters.charge([{ limit: plan, key: 'plan|4:acme', cost: 1 }], 1000), result)
  t.notMatch(await metrics.render(), 'sallyport_limit_hits_total{')
})

t.test('metered counters hand on promises and refunds', async (t) => {
  const metrics = metricsWith()
  const inner = new MemoryCounters()
  const counters = metrics.metered({
    charge: async (charges, nowMs) => inner.charge(charges, nowMs),
    refund: (charges, nowMs) => inner.refund(charges, nowMs),
    release: (charges) => inner.release(charges),
  })
  const charges = [{ limit: plan, key: 'plan|4:acme', cost: 1 }]
  await counters.charge(charges, 1000)
  counters.refund(charges, 1000)
  t.equal(inner.read(plan, 'plan|4:acme', 1000).remaining, 2)
})
