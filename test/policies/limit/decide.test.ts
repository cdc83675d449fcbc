import t from 'tap'
import { MemoryCounters } from '../../../src/adapters/counters-memory.ts'
import type { Charge } from '../../../src/core/limits.ts'
import type { Decision } from '../../../src/core/policy.ts'
import type { Counters } from '../../../src/core/ports.ts'
import { ANONYMOUS } from '../../../src/core/principal.ts'
import type { Refuse } from '../../../src/core/verdict.ts'
import { limit } from '../../../src/policies/limit/index.ts'
import { envWith, portsWith } from '../request.ts'
import {
  type Asking,
  ask,
  chargedBy,
  compiled,
  KEY,
  LIMITS,
  NOON,
  namesOf,
  portsOn,
  slotsOf,
  times,
} from './asking.ts'

t.test('by ip, route and global before auth, the others after it', async (t) => {
  t.strictSame(slotsOf(compiled(['public', 'everyone', 'plan'])), ['limit_address', 'limit'])
  const asking = { part: compiled(['public', 'plan', 'everyone']), ports: portsOn(new MemoryCounters()) }
  t.strictSame(namesOf(ask('limit_address', asking)), ['public', 'everyone'])
  t.strictSame(namesOf(ask('limit', asking)), ['plan'])
})

t.test('a route without limits still asks for those a key brings, unless nobody can show one', async (t) => {
  t.strictSame(slotsOf(compiled(undefined)), ['limit'])
  t.same(ask('limit', { part: compiled([]), ports: portsWith() }), { kind: 'skip' })
  t.strictSame(slotsOf(compiled(undefined, { anonymousOnly: true })), [])
  t.strictSame(slotsOf(compiled('public', { anonymousOnly: true })), ['limit_address'])
  t.strictSame(slotsOf(compiled('plan', { anonymousOnly: true })), ['limit'])
})

t.test('a name that is not there, or twice, is a problem at its place', async (t) => {
  const env = envWith({ limits: LIMITS })
  limit.compile(['public', 'pubic', 'public'], env)
  limit.compile('pubic', env)
  t.strictSame(env.problems, [
    { path: [1], message: 'there is no limit named pubic' },
    { path: [2], message: 'public is in the list twice' },
    { path: [], message: 'there is no limit named pubic' },
  ])
})

t.test('a pass tells what was charged, when, and what is left', async (t) => {
  const asking = { part: compiled('authenticated'), ports: portsOn(new MemoryCounters()) }
  t.match(ask('limit', asking), {
    kind: 'pass',
    learned: {
      charged: [{ charge: { key: 'authenticated|9:acme-prod' }, state: { remaining: 2 }, atMs: NOON }],
    },
  })
})

t.test('a rate that is used up refuses with the time to come back', async (t) => {
  const asking = { part: compiled('authenticated'), ports: portsOn(new MemoryCounters()) }
  times(3, () => ask('limit', asking))
  t.strictSame(ask('limit', asking), {
    kind: 'refuse',
    code: 'rate_limited',
    why: 'limit authenticated: 3 in 60000 ms used up by key acme-prod; free in 60000 ms',
    headers: [
      'retry-after',
      '60',
      'ratelimit-policy',
      '"authenticated";q=3;w=60',
      'ratelimit',
      '"authenticated";r=0;t=60',
    ],
  })
})

t.test('retry-after is rounded up, and at least a second', async (t) => {
  const counters = new MemoryCounters()
  const part = compiled('authenticated')
  times(3, () => ask('limit', { part, ports: portsOn(counters) }))
  const retryAfter = (afterMs: number) =>
    (ask('limit', { part, ports: portsOn(counters, NOON + afterMs) }) as Refuse).headers[1]
  t.equal(retryAfter(1), '60')
  t.equal(retryAfter(58_999), '2')
  t.equal(retryAfter(59_999), '1')
})

t.test('a quota that is used up is another code, and its warning comes before', async (t) => {
  const asking = { part: compiled('plan', { limitHeaders: 'off' }), ports: portsOn(new MemoryCounters()) }
  const [first, second] = times(4, () => ask('limit', asking))
  t.match(first, { learned: { note: undefined } })
  t.match(second, { learned: { note: 'warn plan:50', warnings: ['plan:50'] } })
  const seconds = (Date.UTC(2026, 5, 1) - NOON) / 1000
  t.strictSame(ask('limit', asking), {
    kind: 'refuse',
    code: 'quota_exhausted',
    why: `limit plan: 4 in a month used up by org acme; free in ${seconds * 1000} ms`,
    headers: ['retry-after', `${seconds}`],
  })
})

t.test('a refusal after auth gives back what was charged before it, and tells of both', async (t) => {
  const counters = new MemoryCounters()
  const part = compiled(['everyone', 'authenticated'])
  const asking: Asking = { part, ports: portsOn(counters) }
  times(3, () => ask('limit', asking))
  for (let i = 0; i < 20; i++) {
    const charged = chargedBy(ask('limit_address', asking))
    const later = { ...asking, charged, ports: portsOn(counters, NOON + i) }
    t.match(ask('limit', later), {
      code: 'rate_limited',
      headers: { 5: '"everyone";r=9;t=60, "authenticated";r=0;t=60' },
    })
  }
})

t.test('V74 bad keys are charged to the address, and the victim at another is not locked out', async (t) => {
  const asking: Asking = {
    part: compiled('public'),
    ports: portsOn(new MemoryCounters()),
    principal: ANONYMOUS,
  }
  times(10_000, () => ask('limit_address', { ...asking, client: '198.51.100.6' }))
  t.match(ask('limit_address', { ...asking, client: '198.51.100.6' }), { code: 'rate_limited' })
  t.match(ask('limit_address', { ...asking, client: '192.0.2.1' }), { kind: 'pass' })
})

t.test('limits that a key brings take the place of those by key; all others stay', async (t) => {
  const asking = (...limits: string[]): Asking => ({
    part: compiled(['public', 'authenticated', 'plan']),
    ports: portsOn(new MemoryCounters()),
    principal: { ...KEY, limits },
  })
  t.strictSame(namesOf(ask('limit', asking('internal'))), ['internal', 'plan'])
  t.strictSame(namesOf(ask('limit', asking())), ['plan'])
  t.strictSame(namesOf(ask('limit', asking('plan', 'public', 'internal', 'internal'))), ['internal', 'plan'])
  t.strictSame(namesOf(ask('limit', asking('everyone'))), ['everyone', 'plan'], 'whatever they count by')
})

t.test('what a key brings is worked out once for each list of names', async (t) => {
  const asking: Asking = { part: compiled('plan'), ports: portsOn(new MemoryCounters()) }
  const limits = ['internal']
  for (const list of [limits, limits, ['internal']]) {
    t.strictSame(namesOf(ask('limit', { ...asking, principal: { ...KEY, limits: list } })), [
      'internal',
      'plan',
    ])
  }
})

t.test('a key that names a limit which is not there fails closed', async (t) => {
  const asking = { part: compiled([]), ports: portsWith(), principal: { ...KEY, limits: ['gone'] } }
  t.throws(() => ask('limit', asking), /brings the limit gone/)
})

t.test('counters may answer later', async (t) => {
  const memory = new MemoryCounters()
  const refunded: Charge[] = []
  const counters: Counters = {
    charge: async (charges, nowMs) => memory.charge(charges, nowMs),
    refund: (charges) => void refunded.push(...charges),
    release: () => undefined,
  }
  const asking: Asking = { part: compiled(['public', 'authenticated']), ports: portsOn(counters) }
  const charged = chargedBy(await ask('limit_address', asking))
  for (let i = 0; i < 3; i++) t.match(await ask('limit', asking), { kind: 'pass' })
  t.match(await ask('limit', { ...asking, charged }), { code: 'rate_limited' })
  t.match(refunded, [{ key: 'public|9:192.0.2.1' }])
})

t.test('a store that fails is no pass', async (t) => {
  const counters: Counters = {
    charge: async () => Promise.reject(new Error('gone')),
    refund: () => undefined,
    release: () => undefined,
  }
  await t.rejects(async () => ask('limit', { part: compiled('plan'), ports: portsOn(counters) }), /gone/)
})

t.test('the fields of a reply come from its decision, unless they are off', async (t) => {
  const part = compiled('authenticated')
  const charged = chargedBy(ask('limit', { part, ports: portsOn(new MemoryCounters()) }))
  const decision = { charged, refusal: null } as unknown as Decision
  t.equal(part.decisionFields?.(decision)[3], '"authenticated";r=2;t=60')
  t.equal(compiled('authenticated', { limitHeaders: 'off' }).decisionFields, undefined)
})
