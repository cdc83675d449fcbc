import t from 'tap'
import { LeasedCounters } from '../../src/adapters/counters-leased.ts'
import { leaseTerms } from '../../src/core/lease.ts'
import type { Limit } from '../../src/core/limits.ts'
import { noRedis, startRedis } from '../support/redis.ts'
import { limitWith, sliding } from './counters-contract/tools.ts'
import { connected, settingsOf } from './redis/tools.ts'

const skip = noRedis()
const PROCESSES = 4
const MAX = 100
const limit: Limit = { ...limitWith('shared', [sliding(MAX, 60_000)]), accuracy: 'leased' }

/** What one of two gateways takes at once. */
const LEASE_OF_TWO = leaseTerms(limit, 2)?.lease ?? 0

t.test('400 requests at four gateways stay within the formula, ten times', { skip }, async (t) => {
  const server = await startRedis(t)
  const stores = await Promise.all(
    Array.from({ length: PROCESSES }, () => connected(t, settingsOf(server, { commandTimeoutMs: 20_000 }))),
  )
  const spread = leaseTerms(limit, PROCESSES)?.overshoot ?? 0
  t.ok(spread > 0)
  for (let run = 0; run < 10; run++) {
    const gateways = stores.map((store) => new LeasedCounters({ store, replicas: () => PROCESSES }))
    const results = await Promise.all(
      Array.from({ length: 400 }, async (_, i) => {
        const charge = { limit, key: `shared|${run}`, cost: 1 }
        return gateways[i % PROCESSES]?.charge([charge], Date.now())
      }),
    )
    const passed = results.filter((result) => result?.refused === -1).length
    t.ok(
      passed <= MAX + spread && passed >= MAX - spread,
      `${passed} of ${MAX} passed, give or take ${spread}`,
    )
    for (const gateway of gateways) gateway.close()
  }
})

t.test('what a gateway that goes away has not spent is there for the others', { skip }, async (t) => {
  const store = await connected(t, settingsOf(await startRedis(t), { commandTimeoutMs: 20_000 }))
  const [gone, other] = [0, 1].map(() => new LeasedCounters({ store, replicas: () => 2 }))
  if (gone === undefined || other === undefined) throw new Error('two gateways')
  t.teardown(() => other.close())
  await gone.charge([{ limit, key: 'left', cost: 1 }], Date.now())
  t.match(await store.read(limit, 'left', 0), { remaining: MAX - 1 - LEASE_OF_TWO })
  gone.close()
  t.match(await other.charge([{ limit, key: 'left', cost: 1 }], Date.now()), { refused: -1 })
  t.match(await store.read(limit, 'left', 0), { remaining: MAX - 2 - LEASE_OF_TWO })
})
