import fc from 'fast-check'
import t from 'tap'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import type { Claim } from '../../src/core/ports.ts'
import type { Severity } from '../../src/diff/change.ts'
import { diff, type Good } from '../../src/diff/diff.ts'
import type { Described } from '../../src/judge/described.ts'
import { judge } from '../../src/judge/judge.ts'
import { NOW_MS } from '../config/compiling.ts'
import { policyAfter, someRows } from './random.ts'
import { outlined, textOf } from './scene.ts'

const BOUNDS = { maxHeaders: 100, maxTargetBytes: 8192 }

const PATHS = [
  ...[
    '/health',
    '/orders/1',
    '/orders/special',
    '/orders/1/2',
    '/ORDERS/1',
    '/orders/1/',
    '/sales/1',
    '/new',
  ],
  ...['/secure/a', '/secure/open', '/secure/a%2Fb', '/socket', '/git', '/nowhere'],
]
const QUERIES = ['', '?tenant=1', '?tenant=1&size=2', '?tenant=1&page=1&page=2']
const CLAIMS: readonly Claim[] = [
  { kind: 'none' },
  { kind: 'unknown' },
  ...['acme', 'globex', 'own', 'full', 'new'].map((id): Claim => ({ kind: 'key', id, authenticator: null })),
  { kind: 'key', id: 'full', authenticator: 'key' },
  { kind: 'key', id: 'full', authenticator: 'git' },
]
const ORIGINS = [null, 'https://shop.example.com', 'https://a.example.com', 'https://evil.example.net']
const BODIES = [null, '{"a":1}', '{"b":1}', '{}']

const any = {
  method: fc.constantFrom('GET', 'POST', 'PUT', 'OPTIONS'),
  path: fc.constantFrom(...PATHS),
  query: fc.constantFrom(...QUERIES),
  host: fc.constantFrom('a.example.com', 'b.example.com', 'c.example.com'),
  peer: fc.constantFrom('10.1.1.1', '10.6.6.6', '192.168.1.1', '8.8.8.8'),
  origin: fc.constantFrom(...ORIGINS),
  isPreflight: fc.boolean(),
  isWebsocket: fc.boolean(),
  body: fc.constantFrom(...BODIES),
  claim: fc.constantFrom(...CLAIMS),
}
/** One that the base policy lets in. */
const GOOD = {
  method: 'POST',
  path: '/orders/1',
  query: '?tenant=1',
  host: 'a.example.com',
  peer: '10.1.1.1',
  origin: 'https://shop.example.com',
  isPreflight: false,
  isWebsocket: false,
  body: '{"a":1}',
  claim: { kind: 'key', id: 'full', authenticator: null },
} as const satisfies Record<keyof typeof any, unknown>

/** Anything, or a good one of which one or two parts are another. */
const request = fc.oneof(
  fc.record(any),
  fc.tuple(fc.record(any), fc.subarray(Object.keys(any), { maxLength: 2 })).map(([other, keys]) => {
    const parts = keys.map((key) => [key, other[key as keyof typeof any]])
    return { ...GOOD, ...Object.fromEntries(parts) } as typeof other
  }),
)
type Request = typeof request extends fc.Arbitrary<infer R> ? R : never

function described({ method, path, query, host, peer, ...more }: Request): Described {
  const fields = ['Host', host]
  if (more.origin !== null) fields.push('Origin', more.origin)
  if (more.isPreflight && method === 'OPTIONS') fields.push('Access-Control-Request-Method', 'GET')
  if (more.isWebsocket && method === 'GET') fields.push('Connection', 'upgrade', 'Upgrade', 'websocket')
  const hasBody = more.body !== null && method !== 'GET'
  if (hasBody) fields.push('Content-Type', 'application/json')
  const body = hasBody ? Buffer.from(more.body ?? '') : null
  return { method, target: `${path}${query}`, fields, peer, atMs: NOW_MS, id: '0'.repeat(32), body }
}

async function isLetIn({ compiled }: Good, one: Request): Promise<boolean> {
  if (compiled === null) throw new Error('the policy is good')
  const counters = new MemoryCounters()
  const { decision } = await judge(compiled.policy, described(one), BOUNDS, { counters, claim: one.claim })
  return decision !== null && decision.outcome !== 'refuse'
}

function severitiesOf(before: Good, after: Good): ReadonlySet<Severity> {
  const changes = diff(before, after, NOW_MS)
  // Whether another body schema lets more or less through is not known.
  const isUnknown = changes.some(({ code }) => code === 'body-schema-changed')
  return new Set([...changes.map(({ severity }) => severity), ...(isUnknown ? ['more_closed' as const] : [])])
}

/** How many of the requests meet another decision. @throws Error when one does that the changes do not explain */
async function movedOf(before: Good, after: Good, requests: readonly Request[]): Promise<number> {
  const severities = severitiesOf(before, after)
  let moved = 0
  for (const one of requests) {
    const [was, is] = [await isLetIn(before, one), await isLetIn(after, one)]
    if (was === is) continue
    moved += 1
    if (severities.has(is ? 'more_open' : 'more_closed')) continue
    throw new Error(`not told to ${is ? 'open' : 'close'}: ${JSON.stringify(one)}`)
  }
  return moved
}

/** How many of the requests of some pairs of policies meet another decision, all of them told. */
async function judgePairs(params: { readonly numRuns: number; readonly seed?: number }): Promise<number> {
  let moved = 0
  const requests = fc.array(request, { minLength: 40, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(someRows, someRows, requests, fc.boolean(), async (a, b, all, isNear) => {
      // Two that have little in common, or one that is the other and a little more.
      const drafts = [policyAfter(a), policyAfter(isNear ? [...a, ...b.slice(0, 1)] : b)].filter(
        (draft) => draft !== null,
      )
      const [before, after] = drafts.map((draft) => outlined(textOf(draft), 'any.yaml'))
      fc.pre(before !== undefined && after !== undefined)
      if (before !== undefined && after !== undefined) moved += await movedOf(before, after, all)
    }),
    { ...params, endOnFailure: true },
  )
  return moved
}

t.test('what only one of two policies lets in is told by a change', () =>
  judgePairs({ numRuns: Number(process.env.SALLYPORT_DIFF_RUNS ?? 20) }),
)

// Always the same ones: a few random pairs may all answer alike.
t.test('enough requests meet another decision for that to mean something', async (t) => {
  const moved = await judgePairs({ numRuns: 8, seed: 1 })
  t.ok(moved > 10, `${moved} met another decision`)
})
