import t, { type Test } from 'tap'
import { ConcurrentCounters } from '../../src/adapters/counters/places.ts'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import type { NamedCheck } from '../../src/core/policy.ts'
import { PASS } from '../../src/core/verdict.ts'
import { policyFor, withChecks } from './left-world.ts'
import { head, startWorld, type World } from './world.ts'

interface Scene extends World {
  readonly counters: ConcurrentCounters
  /** Lets the check pass that each request waits in. */
  readonly goOn: () => void
}

/** A client may leave while a check waits for something outside, as one that asks Redis does. */
async function sceneOf(t: Test, ...more: NamedCheck[]): Promise<Scene> {
  const waiting: (() => void)[] = []
  const held: NamedCheck = {
    name: 'scopes',
    run: () => new Promise((resolve) => waiting.push(() => resolve(PASS))),
  }
  const counters = new ConcurrentCounters(new MemoryCounters())
  const world = await startWorld(t, { counters, change: withChecks(held, ...more) }, policyFor)
  return { ...world, counters, goOn: () => waiting.splice(0).forEach((pass) => void pass()) }
}

/** Sends a request, waits until it is being judged, and leaves. */
async function leaveWith(scene: Scene, bytes: string): Promise<void> {
  const { app, counters } = scene
  const client = app.client().send(bytes)
  while (counters.taken === 0) await turn()
  client.leave()
  await app.recorded(1)
  scene.goOn()
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

for (const [what, bytes] of [
  ['request', head('GET /x')],
  ['request with a body', `${head('POST /x', 'Content-Length: 5')}hello`],
  ['request with half a body', `${head('POST /x', 'Content-Length: 5')}he`],
] as const) {
  t.test(
    `nothing is asked of the upstream for a ${what} whose client left while it was judged`,
    async (t) => {
      const scene = await sceneOf(t)
      await leaveWith(scene, bytes)
      const { app, upstream, counters } = scene
      while (counters.taken > 0) await turn()
      const next = app.client().send(head('GET /next'))
      while (counters.taken === 0) await turn()
      scene.goOn()
      t.equal((await next.reply()).status, 200)
      t.strictSame(
        upstream.requests.map(({ target }) => target),
        ['/next'],
      )
      t.notMatch(upstream.log, 'POST', 'not even the beginning')
      t.equal(app.records[0]?.code, 'client_closed')
    },
  )
}

const reading: NamedCheck = {
  name: 'validate',
  run: (_context, { body }) => body.read(1000).then(() => PASS),
}

for (const [what, body] of [
  ['whole', 'hello'],
  ['half', 'he'],
] as const) {
  const name = `a check that reads a body, of which the ${what} came, does not wait for a client that left`
  t.test(name, { timeout: 10_000 }, async (t) => {
    const scene = await sceneOf(t, reading)
    await leaveWith(scene, `${head('POST /x', 'Content-Length: 5')}${body}`)
    while (scene.counters.taken > 0) await turn()
    t.equal(scene.upstream.requests.length, 0)
  })
}
