import { EventEmitter, once } from 'node:events'
import t from 'tap'
import { ConcurrentCounters } from '../../src/adapters/counters/places.ts'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import type { NamedCheck, Policy } from '../../src/core/policy.ts'
import type { Ports } from '../../src/core/ports.ts'
import { PASS, type Verdict } from '../../src/core/verdict.ts'
import { head, startWorld } from './world.ts'

const policyFor = (origin: string): string => `version: 1
upstreams: { api: { url: "${origin}", circuit: off, retry: off } }
limits: { many: { by: ip, concurrent: 1000 } }
defaults: { upstream: api, auth: none, limits: many }
routes:
  - { id: all, match: { path: /*, methods: [GET, POST] } }
`

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
  const { app, upstream } = await startWorld(t, { counters, change: withCheck(reading) }, policyFor)
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

function withCheck(check: NamedCheck): (policy: Policy) => Policy {
  return (policy) => {
    const routes = policy.routes.map((route) => ({ ...route, checks: [...route.checks, check] }))
    return { ...policy, routes, find: () => routes[0] ?? null }
  }
}
