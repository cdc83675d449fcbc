import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Pool } from 'undici'
import { startApi } from '../hostile/exhaustion.ts'
import { type Sallyport, startSallyport } from '../support/process.ts'
import { startRespPeer } from '../support/resp-peer.ts'

const AT_ONCE = 50
const IN_USE = 'sallyport_store_state{state="closed"}'
const ROUNDS = 300
/** Declared: while it is found out that Redis does not answer, and from then on. */
const FINDING_OUT_MS = 100
const FROM_THEN_ON_MS = 2
/** What a busy machine may add to a median; a wait for the peer is longer: its connection is given up after 2 s. */
const NOISE_AT_ONCE_MS = 1000
/** A wait for one trial is 100 ms. */
const NOISE_EACH_MS = 40

async function gateWith(t: Test, dir: string, redis: string, api: string): Promise<[Sallyport, Pool]> {
  const policy = `version: 1
listen: 127.0.0.1:0
ops: 127.0.0.1:0
audit: { sinks: [] }
${redis}upstreams: { api: { url: "${api}" } }
limits: { all: { by: global, rate: 1000000/minute } }
defaults: { upstream: api, auth: none, limits: all }
routes: [{ id: one, match: { path: /one } }]
`
  const gate = await startSallyport(t, policy, { dir })
  const pool = new Pool(`http://127.0.0.1:${gate.port}`, { connections: AT_ONCE })
  t.teardown(() => pool.destroy())
  return [gate, pool]
}

/** @returns how long the reply took, in milliseconds */
async function ask(pool: Pool): Promise<number> {
  const sentMs = performance.now()
  const { statusCode, body } = await pool.request({ path: '/one', method: 'GET' })
  await body.dump()
  if (statusCode !== 200) throw new Error(`status ${statusCode}`)
  return performance.now() - sentMs
}

const atOnce = (pool: Pool): Promise<number[]> =>
  Promise.all(Array.from({ length: AT_ONCE }, () => ask(pool)))

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const shown = (ms: number): string => `${ms.toFixed(2)} ms`

t.test('V96: what a Redis that says nothing adds to a request', async (t) => {
  const api = await startApi(t)
  const peer = await startRespPeer(t)
  const dir = t.testdir({ without: {}, with: {} })
  const [, without] = await gateWith(t, join(dir, 'without'), '', api.origin)
  const [gate, withIt] = await gateWith(t, join(dir, 'with'), `redis: "${peer.url}"\n`, api.origin)
  for (const pool of [without, withIt]) await atOnce(pool)
  const asked = peer.commands.filter((name) => name.startsWith('EVAL')).length
  t.ok(asked > 0, 'it was asked while it was well')

  await gate.metricBecomes(IN_USE, (value) => value === 1)
  peer.behave('silent')
  const plain = await atOnce(without)
  const finding = await atOnce(withIt)
  const addedAtFirst = median(finding) - median(plain)
  t.comment(`found out: ${shown(addedAtFirst)} added at the median, ${shown(Math.max(...finding))} at most`)
  t.ok(addedAtFirst < FINDING_OUT_MS + NOISE_AT_ONCE_MS, 'found out within the timeout')
  await gate.logged('shared store given up')

  const [ofOne, ofOther]: [number[], number[]] = [[], []]
  for (let i = 0; i < ROUNDS; i++) {
    ofOne.push(await ask(without))
    ofOther.push(await ask(withIt))
  }
  const added = median(ofOther) - median(ofOne)
  t.comment(`then: ${shown(added)} added at the median of ${ROUNDS}, ${shown(Math.max(...ofOther))} at most`)
  t.ok(added < FROM_THEN_ON_MS + NOISE_EACH_MS, 'then nobody waits')
  t.equal(await gate.metric(IN_USE), 0, 'it was away all the while')
})
