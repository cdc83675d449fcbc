import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import t from 'tap'
import { startGate } from './gate-process.ts'

/** One request on a connection that is kept. */
async function ask(
  url: string,
  agent: Agent,
): Promise<{ status: number; connection: string | undefined; text: string }> {
  const [reply] = (await once(get(url, { agent }), 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of reply) text += chunk
  return { status: reply.statusCode ?? 0, connection: reply.headers.connection, text }
}

t.test(
  'S3 SIGTERM: not ready at once, serves on with connection: close, finishes what is in flight, exits 0',
  async (t) => {
    const { gate, api, url, ops } = await startGate(t, 'drain: { delay: 400ms, grace: 10s }')
    const agent = new Agent({ keepAlive: true })
    t.teardown(() => agent.destroy())
    t.equal((await ask(`${url}/x`, agent)).connection, 'keep-alive')
    const slow = ask(`${url}/slow`, agent)
    await api.holding()
    gate.child.kill('SIGTERM')
    await gate.logged('draining')
    t.equal((await fetch(`${ops}/health/ready`)).status, 503)
    t.match(await ask(`${url}/x`, agent), { status: 200, connection: 'close' })
    api.release()
    t.match(await slow, { status: 200, text: 'slow' })
    t.equal(await gate.ended, 0)
    t.equal(gate.audit.length, 3)
  },
)

t.test('S3 an idle connection does not hold the end up', async (t) => {
  const { gate, url } = await startGate(t)
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  await ask(`${url}/x`, agent)
  gate.child.kill('SIGTERM')
  t.equal(await gate.ended, 0)
})

t.test('S3 what hangs is cut at the end of the grace, and told', async (t) => {
  const { gate, api, url } = await startGate(t, 'drain: { delay: 0s, grace: 200ms }')
  const slow = fetch(`${url}/slow`)
  slow.catch(() => undefined)
  await api.holding()
  gate.child.kill('SIGTERM')
  t.equal(await gate.ended, 0)
  await t.rejects(slow)
  t.match(gate.audit, [{ path: '/slow', aborted: true }])
})

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const) {
  t.test(`S3 a second signal (${signal}) ends it at once`, async (t) => {
    const { gate, api, url } = await startGate(t, 'drain: { delay: 1h, grace: 1h }')
    fetch(`${url}/slow`).catch(() => undefined)
    await api.holding()
    gate.child.kill('SIGTERM')
    await gate.logged('draining')
    gate.child.kill(signal)
    t.equal(await gate.ended, code)
  })
}

t.test('SIGINT does not wait for the delay', async (t) => {
  const { gate } = await startGate(t, 'drain: { delay: 1h, grace: 1s }')
  gate.child.kill('SIGINT')
  t.equal(await gate.ended, 0)
})
