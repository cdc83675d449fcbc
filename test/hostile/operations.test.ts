import { once } from 'node:events'
import t from 'tap'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import { limitWith, sliding } from '../adapters/counters-contract/tools.ts'
import { type Sallyport, startSallyport } from '../support/process.ts'
import { got } from '../support/raw-client.ts'
import { honestly, policyFor, startApi } from './exhaustion.ts'

const HOUR_MS = 3_600_000
const NOON = Date.UTC(2026, 4, 15, 12)
const ASK = 'GET /open/x HTTP/1.1\r\nHost: a\r\n\r\n'

const api = await startApi(t)
const policy = policyFor(api, { top: 'audit: { sinks: [{ type: file, path: ./audit.jsonl }] }' })

/** Ids of the whole lines of the audit file. */
function auditIds(sallyport: Sallyport): string[] {
  const lines = sallyport.read('audit.jsonl').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line).id)
}

/** Asks until it is told that the connection ends. @returns the ids of the replies; rejects when one is missing */
async function askToTheEnd(sallyport: Sallyport): Promise<readonly string[]> {
  const ids: string[] = []
  const connection = sallyport.client()
  for (let isLast = false; !isLast; ) {
    const reply = await connection.send(ASK).reply()
    ids.push(got(reply, 'x-request-id') ?? '')
    isLast = got(reply, 'connection') === 'close'
  }
  return ids
}

t.test('V98 SIGTERM under load: what was sent is answered and audited, the end is orderly', async (t) => {
  const sallyport = await startSallyport(t, policy.replace('delay: 0s', 'delay: 1s'), { dir: t.testdir() })
  const load = Promise.all(Array.from({ length: 16 }, () => askToTheEnd(sallyport)))
  await api.until(() => api.requests > 200)
  sallyport.child.kill('SIGTERM')
  const ids = (await load).flat()
  while (!sallyport.hasEnded) await once(sallyport, 'news')
  t.equal(sallyport.child.exitCode, 0)
  t.ok(ids.length > 200)
  const audited = new Set(auditIds(sallyport))
  t.strictSame(
    ids.filter((id) => !audited.has(id)),
    [],
  )
})

t.test('V98 SIGKILL: it starts again, and the audit file holds whole lines before and after', async (t) => {
  const dir = t.testdir()
  const killed = await startSallyport(t, policy, { dir })
  const load = honestly(killed, 2000)
  await killed.metricBecomes('sallyport_in_flight', (count) => count > 0)
  await killed.stop('SIGKILL')
  t.ok((await load).failures.length > 0, 'it was in the middle of it')
  const before = auditIds(killed)
  const again = await startSallyport(t, policy, { dir })
  t.strictSame((await honestly(again, 50)).failures, [])
  await again.stop('SIGTERM')
  const after = auditIds(again)
  t.strictSame(after.slice(0, before.length), before)
  t.ok(after.length >= before.length + 50)
})

t.test(
  'V98 a broken file replaces no good one, however it is broken, and the next good one is taken',
  async (t) => {
    const sallyport = await startSallyport(t, policy, { dir: t.testdir() })
    const during = honestly(sallyport, 500)
    const broken = [
      '',
      '\0\0\0',
      'version: 1',
      policy.slice(0, 100),
      `${policy}oops: [`,
      policy.replace('/open/*', '/open/**/x'),
    ]
    for (const [i, text] of broken.entries()) {
      sallyport.write(text)
      await sallyport.logged('reload refused', i + 1)
      t.equal(await sallyport.metric('sallyport_policy_last_reload_successful'), 0)
    }
    await sallyport.reload(`${policy}# good again\n`)
    t.equal(await sallyport.metric('sallyport_policy_last_reload_successful'), 1)
    t.strictSame((await during).failures, [])
  },
)

for (const [what, jumpMs] of [
  ['two hours ahead', 2 * HOUR_MS],
  ['two hours back', -2 * HOUR_MS],
] as const) {
  t.test(
    `V98 a clock that jumps ${what} opens no gate and closes none for longer than a window`,
    async (t) => {
      const counters = new MemoryCounters()
      const charges = [{ limit: limitWith('jump', [sliding(3, HOUR_MS)]), key: 'one', cost: 1 }]
      for (let i = 0; i < 3; i++) counters.charge(charges, NOON)
      t.equal(counters.charge(charges, NOON).refused, 0, 'at its limit')
      let passed = 0
      for (let i = 0; i < 20; i++) if (counters.charge(charges, NOON + jumpMs).refused === -1) passed += 1
      t.ok(passed <= 3, `${passed} after the jump`)
      const { retryAfterMs } = counters.charge(charges, NOON + jumpMs)
      t.ok(retryAfterMs > 0 && retryAfterMs <= 3 * HOUR_MS, `wait ${retryAfterMs}`)
      t.equal(counters.charge(charges, NOON + jumpMs + 4 * HOUR_MS).refused, -1, 'and it passes')
    },
  )
}
