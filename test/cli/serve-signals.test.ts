import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { Agent, get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
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

/** The warning of Node's that this is about came with the eleventh sweep, and a sweep every 50 ms. */
const LONGER_THAN_A_DOZEN_SWEEPS_MS = 800

/** A gate that has a request in flight. */
async function startBusy(t: Test, settings: string) {
  const world = await startGate(t, settings)
  const slow = fetch(`${world.url}/slow`)
  slow.catch(() => undefined)
  await world.api.holding()
  return { ...world, slow }
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

for (const [first, second, code] of [
  ['SIGTERM', 'SIGINT', 130],
  ['SIGINT', 'SIGTERM', 143],
] as const) {
  t.test(`S3 a second signal (${second}) ends it at once`, async (t) => {
    const { gate } = await startBusy(t, 'drain: { delay: 1h, grace: 1h }')
    gate.child.kill(first)
    await gate.logged('draining')
    gate.child.kill(second)
    t.equal(await gate.ended, code)
  })
}

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const) {
  t.test(`a ${signal} that comes twice is one; later it is a second, and ends it at once`, async (t) => {
    const { gate } = await startBusy(t, 'drain: { delay: 1h, grace: 1h }')
    gate.child.kill(signal)
    await gate.logged('draining')
    const sinceMs = performance.now()
    const again = setInterval(() => gate.child.kill(signal), 20)
    t.teardown(() => clearInterval(again))
    t.equal(await gate.ended, code)
    t.ok(performance.now() - sinceMs > 400, 'not before')
  })
}

t.test('a Ctrl-C that the terminal sends and npm passes on drains once', async (t) => {
  const { gate, api, slow } = await startBusy(t, 'drain: { delay: 1h, grace: 1h }')
  gate.child.kill('SIGINT')
  await gate.logged('draining')
  gate.child.kill('SIGINT')
  gate.child.kill('SIGHUP')
  await gate.logged('policy reloaded')
  api.release()
  t.equal(await (await slow).text(), 'slow')
  t.equal(await gate.ended, 0)
  t.notOk(gate.log.some(({ msg }) => msg === 'ended at once'))
})

t.test('a signal when all is over is none any more', async (t) => {
  const { gate } = await startGate(t)
  gate.child.kill('SIGTERM')
  await gate.logged('drained')
  gate.child.kill('SIGINT')
  t.equal(await gate.ended, 0)
  t.notOk(gate.log.some(({ msg }) => msg === 'ended at once'))
})

t.test(
  'while what is in flight finishes, probes and metrics are answered, and nothing but JSON is told',
  async (t) => {
    const { gate, api, ops, slow } = await startBusy(t, 'drain: { delay: 0s, grace: 1h }')
    gate.child.kill('SIGTERM')
    await gate.logged('draining')
    const untilMs = performance.now() + LONGER_THAN_A_DOZEN_SWEEPS_MS
    do {
      const paths = ['/health/live', '/health/ready', '/metrics', '/health']
      const replies = await Promise.all(paths.map((path) => fetch(`${ops}${path}`)))
      const statuses = replies.map(({ status }) => status)
      if (statuses.join() !== '200,503,200,503') return t.fail(statuses.join())
      await Promise.all(replies.map((reply) => reply.text()))
    } while (performance.now() < untilMs)
    api.release()
    t.equal(await (await slow).text(), 'slow')
    t.equal(await gate.ended, 0)
    t.notOk(gate.log.some(({ level }) => level === 'fatal'))
  },
)

/** A named pipe that is full, and nobody reads: a sink that holds up the end for as long as it may. */
function fullPipe(t: Test): string {
  const path = join(mkdtempSync(join(tmpdir(), 'sallyport-')), 'pipe')
  execFileSync('mkfifo', [path])
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  t.teardown(() => {
    closeSync(fd)
    rmSync(dirname(path), { recursive: true })
  })
  const isTaken = (bytes: Buffer): boolean => {
    try {
      return writeSync(fd, bytes) > 0
    } catch {
      return false
    }
  }
  for (const size of [4096, 1]) while (isTaken(Buffer.alloc(size, '\n')));
  return path
}

t.test('probes and metrics are answered until everything else has ended', async (t) => {
  const sinks = `[{ type: stdout }, { type: file, path: "${fullPipe(t)}" }]`
  const { gate, url, ops } = await startGate(t, `audit: { sinks: ${sinks} }\ndrain: { delay: 0s, grace: 5s }`)
  const isOpen = (path: string): Promise<boolean> =>
    fetch(path).then(
      () => true,
      () => false,
    )
  t.equal((await fetch(url)).status, 200)
  gate.child.kill('SIGTERM')
  while (await isOpen(url));
  const paths = ['/health/live', '/health/ready', '/metrics']
  const replies = await Promise.all(paths.map((path) => fetch(`${ops}${path}`)))
  const statuses = replies.map(({ status }) => status)
  t.strictSame(statuses, [200, 503, 200], 'while the audit tries to write its last lines')
  t.notOk(gate.log.some(({ msg }) => msg === 'drained'))
  t.equal(await gate.ended, 0)
})

t.test('SIGINT does not wait for the delay', async (t) => {
  const { gate } = await startGate(t, 'drain: { delay: 1h, grace: 1s }')
  gate.child.kill('SIGINT')
  t.equal(await gate.ended, 0)
})
