import t from 'tap'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import { decide } from '../../src/core/decide.ts'
import { factsWith, portsWith } from '../policies/request.ts'
import { goodPolicy, problemsOf } from './compiling.ts'

const policyOf = (cost: string, defaults = ''): string => `version: 1
upstreams: { api: { url: http://127.0.0.1:3000 } }
limits: { public: { by: ip, rate: 100/minute }, places: { by: ip, concurrent: 1 } }
defaults: { upstream: api, auth: none, limits: [public, places]${defaults} }
routes:
  - { id: light, match: { path: /light } }
  - { id: heavy, match: { path: /heavy }${cost} }
`

/** What one request is charged to `public` on each of the two routes. */
async function costsOf(text: string): Promise<(number | undefined)[]> {
  const { policy } = goodPolicy(text)
  const ports = { ...portsWith(), counters: new MemoryCounters() }
  const decisions = ['/light', '/heavy'].map(async (path) => decide(policy, factsWith({ path }), ports))
  return (await Promise.all(decisions)).map(({ charged }) => charged[0]?.charge.cost)
}

t.test('two routes that differ only in their cost charge each its own', async (t) => {
  t.strictSame(await costsOf(policyOf(', cost: 25')), [1, 25])
})

t.test('the defaults may have a cost, which a route replaces', async (t) => {
  t.strictSame(await costsOf(policyOf('', ', cost: 3')), [3, 3])
  t.strictSame(await costsOf(policyOf(', cost: 1', ', cost: 3')), [3, 1])
})

t.test('a cost that just fits is good, and one more is told where it stands', async (t) => {
  t.strictSame(problemsOf(policyOf(', cost: 100')), [])
  t.match(problemsOf(policyOf(', cost: 101')), [/^7:49: a cost of 101 never fits into the limit `public`/])
  t.match(problemsOf(policyOf(', cost: 1', ', cost: 101')), [/^4:\d+: a cost of 101 never fits/])
})
