import { once } from 'node:events'
import t, { type Test } from 'tap'
import { type Sallyport, startSallyport } from '../support/process.ts'
import { freePort, noRedis, startRedis } from '../support/redis.ts'
import { startRespPeer } from '../support/resp-peer.ts'
import { startApi } from './exhaustion.ts'

const skip = noRedis()
const api = await startApi(t)
const MODES = ['local', 'allow', 'deny'] as const
const MAX = 10
/** What becomes of 30 requests when they are counted. */
const COUNTED = new Map([
  [200, MAX],
  [429, 20],
])
/** Never to be waited for longer. */
const WAIT_MS = 30_000
const HEALTH = 'sallyport_store_state{state="closed"}'

/** One route for each mode, each with a limit of its own. */
function policyWith(redis: string): string {
  const limits = MODES.map((mode) => `  ${mode}: { by: global, rate: ${MAX}/hour, on_store_error: ${mode} }`)
  const routes = MODES.map(
    (mode) => `  - { id: ${mode}, match: { path: /${mode} }, auth: none, limits: [${mode}], upstream: api }`,
  )
  return `version: 1
listen: 127.0.0.1:0
ops: 127.0.0.1:0
redis: ${redis}
upstreams: { api: { url: "${api.origin}" } }
limits:
${limits.join('\n')}
routes:
${routes.join('\n')}
`
}

/** Statuses of so many requests that are sent at once, and how often each came. */
async function statusesOf(sallyport: Sallyport, path: string, count: number): Promise<Map<number, number>> {
  const statuses = new Map<number, number>()
  const ask = async (): Promise<void> => {
    const reply = await fetch(`http://127.0.0.1:${sallyport.port}/${path}`)
    await reply.arrayBuffer()
    statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1)
  }
  await Promise.all(Array.from({ length: count }, ask))
  return statuses
}

interface Health {
  readonly status: string
  readonly ready: boolean
  readonly redis: { readonly state: string; readonly last_problem: string | null }
}

async function healthOf(sallyport: Sallyport): Promise<Health> {
  return JSON.parse(await sallyport.ops('/health')) as Health
}

/** The states that the audit trail tells of, once there are so many: it is written behind. */
async function auditedStates(sallyport: Sallyport, count: number): Promise<unknown[]> {
  const told = () => sallyport.audit.filter(({ type }) => type === 'store_state').map(({ state }) => state)
  while (told().length < count) await once(sallyport, 'news', { signal: AbortSignal.timeout(WAIT_MS) })
  return told()
}

/** What the modes promise while Redis fails. */
async function holdsModes(t: Test, sallyport: Sallyport): Promise<void> {
  t.strictSame(await statusesOf(sallyport, 'local', 30), COUNTED, 'local')
  t.strictSame(await statusesOf(sallyport, 'allow', 30), new Map([[200, 30]]), 'allow')
  t.strictSame(await statusesOf(sallyport, 'deny', 5), new Map([[503, 5]]), 'deny')
  const health = await healthOf(sallyport)
  t.match(health, { status: 'degraded', ready: true })
  t.not(health.redis.state, 'closed')
  t.equal(await sallyport.metric(HEALTH), 0)
  t.ok((await sallyport.metric('sallyport_store_errors_total')) > 0)
  t.ok((await sallyport.metric('sallyport_limit_fallback_total{mode="allow"}')) >= 30)
  t.equal(sallyport.stderr.split('shared store given up').length, 2, 'told once')
  t.strictSame(await auditedStates(sallyport, 1), ['open'])
}

/** It is used again, by itself. */
async function heals(t: Test, sallyport: Sallyport): Promise<void> {
  await sallyport.metricBecomes(HEALTH, (value) => value === 1)
  await sallyport.logged('shared store is in use again')
  t.match(await healthOf(sallyport), { status: 'ok', redis: { state: 'closed' } })
  t.strictSame(await auditedStates(sallyport, 2), ['open', 'closed'])
}

t.test('V96 Redis down at boot: the modes hold, and it is used once it is up', { skip }, async (t) => {
  const port = await freePort()
  const sallyport = await startSallyport(t, policyWith(`redis://127.0.0.1:${port}`), { dir: t.testdir() })
  await holdsModes(t, sallyport)
  await startRedis(t, { port })
  await heals(t, sallyport)
  t.strictSame(await statusesOf(sallyport, 'deny', 30), COUNTED)
})

t.test('V96 Redis killed and started again: the modes hold in between', { skip }, async (t) => {
  const redis = await startRedis(t)
  const sallyport = await startSallyport(t, policyWith(redis.url), { dir: t.testdir() })
  t.strictSame(await statusesOf(sallyport, 'deny', 30), COUNTED)
  await redis.stop('SIGKILL')
  await holdsModes(t, sallyport)
  await startRedis(t, { port: redis.port })
  await heals(t, sallyport)
  t.strictSame(await statusesOf(sallyport, 'deny', 30), COUNTED)
})

t.test(
  'V96 Redis stopped by SIGSTOP: the modes hold, and its counts are found again',
  { skip },
  async (t) => {
    const redis = await startRedis(t)
    const sallyport = await startSallyport(t, policyWith(redis.url), { dir: t.testdir() })
    t.strictSame(await statusesOf(sallyport, 'deny', 30), COUNTED)
    redis.freeze()
    await holdsModes(t, sallyport)
    redis.thaw()
    await heals(t, sallyport)
    t.strictSame(await statusesOf(sallyport, 'deny', 5), new Map([[429, 5]]), 'still spent')
  },
)

for (const manner of ['loading', 'readonly', 'oom', 'garbage', 'half replies', 'silent'] as const) {
  t.test(`V96 a Redis that turns to "${manner}": the modes hold, and it is used again`, async (t) => {
    const peer = await startRespPeer(t)
    const sallyport = await startSallyport(t, policyWith(peer.url.replace(':a-password@', '')), {
      dir: t.testdir(),
    })
    t.strictSame(await statusesOf(sallyport, 'deny', 5), new Map([[200, 5]]), 'the peer lets all through')
    peer.behave(manner)
    await holdsModes(t, sallyport)
    peer.behave('well')
    await heals(t, sallyport)
    t.strictSame(await statusesOf(sallyport, 'deny', 5), new Map([[200, 5]]))
  })
}
