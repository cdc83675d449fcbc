import fc from 'fast-check'
import t from 'tap'
import { addressBucket } from '../../../src/core/address.ts'
import type { Dimension, Limit } from '../../../src/core/limits.ts'
import { type BucketValues, bucketKeyFor } from '../../../src/policies/limit/bucket.ts'
import { planOf } from '../../../src/policies/limit/plan.ts'
import { bareLimit } from '../../support/limit.ts'

const limitBy = (by: readonly Dimension[]): Limit => bareLimit({ by })

const unit = fc.oneof(
  fc.constantFrom('a', '1', '|', ':', '@', 's'),
  fc.string({ unit: 'binary', maxLength: 1 }),
)
const text = fc.oneof(fc.constant(''), fc.string({ unit, maxLength: 8 }))
const client = fc.constantFrom('192.0.2.1', '2001:db8:1:2:3:4:5:6', '0:0:0:0:0:0:0:1')
const requests = fc.record({
  client,
  keyId: text,
  org: text,
  subject: text,
  route: fc.constantFrom('a', 'b|1:a'),
})
type Request = typeof requests extends fc.Arbitrary<infer R> ? R : never
const dimensions = fc.subarray<Dimension>(['ip', 'key', 'org', 'subject', 'route', 'global'], {
  minLength: 1,
})

const subjectOf = ({ client, route, ...principal }: Request) => ({
  facts: { client },
  principal,
  route: { id: route },
})

/** What tells of the request all that its bucket depends on. */
function valuesOf(by: readonly Dimension[], { client, keyId, org, subject, route }: Request): BucketValues {
  const own = { key: keyId, org, subject }
  const identities = by.filter((one) => one === 'key' || one === 'org' || one === 'subject')
  const isNameless = identities.some((one) => own[one] === '')
  const named: [string, string, boolean][] = [
    ['key', keyId, by.includes('key')],
    ['org', org, by.includes('org')],
    ['subject', subject, by.includes('subject') || isNameless],
    ['ip', client, by.includes('ip') || (isNameless && subject === '')],
    ['route', route, by.includes('route')],
  ]
  return Object.fromEntries(named.filter(([, value, isCounted]) => isCounted && value !== ''))
}

t.test('the values of a live request name its bucket, whatever bytes they hold', async () => {
  fc.assert(
    fc.property(dimensions, requests, (by, request) => {
      const limit = limitBy(by)
      const named = bucketKeyFor(limit, valuesOf(by, request))
      const { keyOf, bucketOf } = planOf(limit)
      const live = subjectOf(request)
      return named.key === keyOf(live) && named.bucket === bucketOf(live)
    }),
  )
})

t.test('what was named can never be the bucket of somebody else', async () => {
  fc.assert(
    fc.property(dimensions, requests, requests, (by, a, b) => {
      const [one, other] = [a, b].map((request) => valuesOf(by, request))
      const keys = [one, other].map((values) => bucketKeyFor(limitBy(by), values ?? {}).key)
      const spelt = [one, other].map((values) => {
        return JSON.stringify(values?.ip === undefined ? values : { ...values, ip: addressBucket(values.ip) })
      })
      return (keys[0] === keys[1]) === (spelt[0] === spelt[1])
    }),
  )
})

t.test('it is told what is missing, and what says nothing', async (t) => {
  const problems = (by: readonly Dimension[], values: BucketValues) => {
    const { key, ...rest } = bucketKeyFor(limitBy(by), values)
    return key === null ? rest : null
  }
  t.strictSame(problems(['ip'], {}), { missing: ['ip'], unused: [] })
  t.strictSame(problems(['key', 'route'], {}), { missing: ['key', 'route'], unused: [] })
  t.strictSame(problems(['key'], { org: 'acme' }), { missing: ['key'], unused: ['org'] })
  t.strictSame(problems(['key'], { key: 'one', ip: '192.0.2.1' }), { missing: [], unused: ['ip'] })
  t.strictSame(problems(['global'], { ip: '192.0.2.1' }), { missing: [], unused: ['ip'] })
  t.equal(problems(['global'], {}), null)
  t.equal(problems(['key'], { ip: '192.0.2.1' }), null)
  t.equal(problems(['org', 'ip'], { ip: '192.0.2.1' }), null)
})
