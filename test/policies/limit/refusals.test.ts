import t from 'tap'
import { ConcurrentCounters } from '../../../src/adapters/counters/places.ts'
import { MemoryCounters } from '../../../src/adapters/counters-memory.ts'
import type { Limit } from '../../../src/core/limits.ts'
import type { Decision } from '../../../src/core/policy.ts'
import type { Counters } from '../../../src/core/ports.ts'
import { limit } from '../../../src/policies/limit/index.ts'
import { type Asking, ask, chargedBy, compiled, LIMITS, NOON, portsOn } from './asking.ts'

t.test('a shut bucket is told of as such, with its rest', async (t) => {
  const asking = { part: compiled('strict'), ports: portsOn(new MemoryCounters()) }
  t.match(ask('limit', asking), { kind: 'pass' })
  t.match(ask('limit', asking), { code: 'rate_limited' })
  t.strictSame(ask('limit', asking), {
    kind: 'refuse',
    code: 'cooldown',
    why: 'limit strict: key acme-prod is shut for 600000 ms more',
    headers: [
      'retry-after',
      '600',
      'ratelimit-policy',
      '"strict";q=1;w=60',
      'ratelimit',
      '"strict";r=0;t=600',
    ],
  })
})

t.test('too many at once are told to come back in a second; the fields tell of windows only', async (t) => {
  const counters = new ConcurrentCounters(new MemoryCounters())
  const asking: Asking = { part: compiled(['public', 'pair', 'authenticated']), ports: portsOn(counters) }
  const charged = chargedBy(await ask('limit_address', asking))
  const passed = chargedBy(await ask('limit', asking))
  const decision = { charged: passed, refusal: null } as unknown as Decision
  t.strictSame(asking.part.decisionFields?.(decision), [
    'ratelimit-policy',
    '"authenticated";q=3;w=60',
    'ratelimit',
    '"authenticated";r=2;t=60',
  ])
  await ask('limit', asking)
  t.strictSame(await ask('limit', { ...asking, charged }), {
    kind: 'refuse',
    code: 'concurrency_exceeded',
    why: 'limit pair: 2 requests of key acme-prod are under way at once',
    headers: ['retry-after', '1', 'ratelimit-policy', '"public";q=2;w=60', 'ratelimit', '"public";r=2;t=1'],
  })
  t.match(counters.read(LIMITS.get('public') as Limit, 'public|9:192.0.2.1', NOON), { remaining: 2 })
})

t.test('a limit of `concurrent` alone has no fields', async (t) => {
  const asking = { part: compiled('pair', { limitHeaders: 'both' }), ports: portsOn(new MemoryCounters()) }
  const decision = { charged: chargedBy(ask('limit', asking)), refusal: null } as unknown as Decision
  t.strictSame(asking.part.decisionFields?.(decision), [])
  const both = { part: compiled(['pair', 'plan'], { limitHeaders: 'both' }), ports: asking.ports }
  const next = { charged: chargedBy(ask('limit', both)), refusal: null } as unknown as Decision
  t.match(both.part.decisionFields?.(next), { 4: 'x-ratelimit-limit', 5: '4', 7: '3' })
})

t.test('V96 a store that does not answer refuses where it is told to, as our failing', async (t) => {
  const states = [{ remaining: 3, resetMs: 0, window: 0 }]
  const counters: Counters = {
    charge: () => ({ refused: 0, cause: 'unavailable', retryAfterMs: 1000, states, warnings: [] }),
    refund: () => undefined,
    release: () => undefined,
  }
  t.strictSame(ask('limit', { part: compiled('plan', { limitHeaders: 'off' }), ports: portsOn(counters) }), {
    kind: 'refuse',
    code: 'limit_unavailable',
    why: 'limit plan: the store does not answer, and `on_store_error` is deny',
    headers: ['retry-after', '1'],
  })
})

t.test('no refusal of a limit is given the fields of its charges as well', async (t) => {
  const { decisionFields } = compiled('authenticated')
  const charged = chargedBy(ask('limit', { part: compiled('plan'), ports: portsOn(new MemoryCounters()) }))
  for (const code of limit.codes) {
    t.strictSame(decisionFields?.({ charged, refusal: { code } } as unknown as Decision), [])
  }
})

t.test('a route charges its cost to every limit, in both phases', async (t) => {
  const asking: Asking = {
    part: compiled(['everyone', 'authenticated', 'plan'], { cost: 3 }),
    ports: portsOn(new MemoryCounters()),
  }
  t.match(chargedBy(ask('limit_address', asking)), [{ charge: { cost: 3 }, state: { remaining: 6 } }])
  t.match(chargedBy(ask('limit', asking)), [{ state: { remaining: 0 } }, { state: { remaining: 1 } }])
})
