import { EventEmitter, once } from 'node:events'
import t from 'tap'
import { ConcurrentCounters } from '../../src/adapters/counters/places.ts'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import type { Ports } from '../../src/core/ports.ts'
import { PASS, type Verdict } from '../../src/core/verdict.ts'
import { policyFor, withChecks } from './left-world.ts'
import { head, startWorld } from './world.ts'

t.test('V85 a client that leaves while a check reads its body gives its place back', async (t) => {
  const counters = new ConcurrentCounters(new MemoryCounters())
  const told = new EventEmitter()
  const reading = {
    name: 'validate',
    run: (_context: unknown, { body }: Ports): Promise<Verdict> => {
      const read = body.read(1000)
      void read.catch(() => undefined).then(() => told.emit('over'))
      told.emit('reading')
      return read.then(() => PASS)
    },
  }
  const { app, upstream } = await startWorld(t, { counters, change: withChecks(reading) }, policyFor)
  const begun = once(told, 'reading')
  const client = app.client().send(`${head('POST /x', 'Content-Length: 5')}he`)
  await begun
  t.equal(counters.taken, 1)
  const over = once(told, 'over')
  client.leave()
  await Promise.all([over, app.recorded(1)])
  while (counters.taken > 0) await new Promise((resolve) => setImmediate(resolve))
  t.match(app.records, [{ code: 'client_closed', aborted: true }])
  t.equal(upstream.requests.length, 0)
})
