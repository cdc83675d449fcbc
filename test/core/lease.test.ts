import { equal, ok } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { LEASE_DIVISOR, leaseTerms } from '../../src/core/lease.ts'
import type { Accuracy, Limit, Window } from '../../src/core/limits.ts'
import { bareLimit } from '../support/limit.ts'

const limitOf = (maxes: readonly number[], accuracy: Accuracy): Limit => {
  return bareLimit({
    windows: maxes.map((max): Window => ({ kind: 'sliding', max, windowMs: 60_000 })),
    accuracy,
  })
}

t.test('the example of docs/redis.md', async (t) => {
  t.strictSame(leaseTerms(limitOf([6000], 'leased'), 4), {
    max: 6000,
    replicas: 4,
    lease: 150,
    overshoot: 600,
    atMost: 6600,
  })
})

t.test('the smallest window counts', async (t) => {
  t.match(leaseTerms(limitOf([1000, 100], 'leased'), 1), { max: 100, lease: 10, atMost: 110 })
})

t.test('less than one request each is no lease, and exact takes none', async (t) => {
  t.match(leaseTerms(limitOf([30], 'leased'), 4), { lease: 0, overshoot: 0, atMost: 30 })
  t.match(leaseTerms(limitOf([1000], 'exact'), 1), { max: 1000, lease: 0, atMost: 1000 })
})

t.test('a limit without windows has none to lease of', async (t) => {
  t.equal(leaseTerms(limitOf([], 'leased'), 2), null)
})

const maxes = fc.array(fc.integer({ min: 1, max: 1_000_000_000 }), { minLength: 1, maxLength: 3 })
const replicas = fc.integer({ min: 1, max: 1000 })

t.test('all leases together are at most a tenth, and one request more each would be above it', async () => {
  const property = fc.property(maxes, replicas, (maxes, replicas) => {
    const terms = leaseTerms(limitOf(maxes, 'leased'), replicas)
    ok(terms !== null)
    const { max, lease, overshoot, atMost } = terms
    equal(max, Math.min(...maxes))
    equal(overshoot, replicas * lease)
    equal(atMost, max + overshoot)
    ok(Number.isSafeInteger(lease) && lease >= 0)
    ok(overshoot * LEASE_DIVISOR <= max, 'not above a tenth')
    ok(replicas * (lease + 1) * LEASE_DIVISOR > max, 'and no smaller than it needs to be')
  })
  fc.assert(property)
})

t.test(
  'exact limits never get more through than their max; less than one replica counts as one',
  async () => {
    const property = fc.property(maxes, replicas, (maxes, replicas) => {
      equal(leaseTerms(limitOf(maxes, 'exact'), replicas)?.atMost, Math.min(...maxes))
      equal(leaseTerms(limitOf(maxes, 'leased'), 0)?.atMost, leaseTerms(limitOf(maxes, 'leased'), 1)?.atMost)
    })
    fc.assert(property)
  },
)
