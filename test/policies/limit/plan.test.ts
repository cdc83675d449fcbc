import fc from 'fast-check'
import t from 'tap'
import { bucketKey, type Dimension, type Limit } from '../../../src/core/limits.ts'
import { ANONYMOUS, type Principal } from '../../../src/core/principal.ts'
import { planOf } from '../../../src/policies/limit/plan.ts'
import { bareLimit } from '../../support/limit.ts'
import { contextWith } from '../request.ts'

const KEY: Principal = { ...ANONYMOUS, kind: 'key', subject: 'ann', org: 'acme', keyId: 'acme-prod' }

const limitBy = (...by: Dimension[]): Limit => bareLimit({ by })
const keyOf = (by: Dimension[], principal: Principal = ANONYMOUS, client = '192.0.2.1') =>
  planOf(limitBy(...by)).keyOf(contextWith({ client }, principal))
const bucketOf = (by: Dimension[], principal: Principal = ANONYMOUS, client = '192.0.2.1') =>
  planOf(limitBy(...by)).bucketOf(contextWith({ client }, principal))

t.test('each dimension counts by its value', async (t) => {
  t.equal(keyOf(['ip']), bucketKey('a', ['192.0.2.1']))
  t.equal(keyOf(['key'], KEY), bucketKey('a', ['acme-prod']))
  t.equal(keyOf(['org'], KEY), bucketKey('a', ['acme']))
  t.equal(keyOf(['subject'], KEY), bucketKey('a', ['ann']))
  t.equal(keyOf(['route'], KEY), bucketKey('a', ['orders']))
  t.equal(keyOf(['global'], KEY), bucketKey('a', []))
  t.equal(keyOf(['org', 'route', 'global', 'ip'], KEY), bucketKey('a', ['acme', 'orders', '192.0.2.1']))
})

t.test('V70 all addresses of an IPv6 /64 are one client, the next /64 is another', async (t) => {
  const keys = new Set<string>()
  for (let i = 0; i < 1000; i++) keys.add(keyOf(['ip'], ANONYMOUS, `2001:db8:1:2:${i.toString(16)}:0:0:1`))
  t.equal(keys.size, 1)
  t.notOk(keys.has(keyOf(['ip'], ANONYMOUS, '2001:db8:1:3:0:0:0:1')))
  t.not(keyOf(['ip'], ANONYMOUS, '192.0.2.1'), keyOf(['ip'], ANONYMOUS, '192.0.2.2'))
})

t.test('the anonymous are counted by address where key, org or subject is asked for', async (t) => {
  for (const by of ['key', 'org', 'subject'] as const) {
    t.not(keyOf([by]), keyOf([by], ANONYMOUS, '192.0.2.2'))
    t.equal(keyOf([by], ANONYMOUS, '2001:db8:1:2:3:0:0:1'), keyOf([by], ANONYMOUS, '2001:db8:1:2:4:0:0:1'))
  }
})

t.test('who has no key or org is counted by subject', async (t) => {
  const loner = { ...KEY, org: '', keyId: '' }
  t.not(keyOf(['org'], loner), keyOf(['org'], { ...loner, subject: 'bob' }))
  t.equal(keyOf(['key'], loner), keyOf(['key'], loner, '192.0.2.2'))
})

t.test('nobody gets into the bucket of another by the choice of a name', async (t) => {
  t.not(keyOf(['org'], { ...KEY, org: '192.0.2.1' }), keyOf(['org']))
  t.not(keyOf(['org'], { ...KEY, org: 'ann' }), keyOf(['org'], { ...KEY, org: '' }))
  const text = fc.string({ unit: fc.constantFrom('a', '1', '|', ':', '@', 's') })
  const principals = fc.record({ subject: text, org: text, keyId: text })
  const effective = ({ subject, org, keyId }: { subject: string; org: string; keyId: string }) =>
    JSON.stringify(
      [org, keyId].map((value) => (value !== '' ? ['own', value] : subject !== '' ? ['s', subject] : 'ip')),
    )
  fc.assert(
    fc.property(principals, principals, (a, b) => {
      const isSame = keyOf(['org', 'key'], { ...KEY, ...a }) === keyOf(['org', 'key'], { ...KEY, ...b })
      return isSame === (effective(a) === effective(b))
    }),
  )
})

t.test('the operator is told whose bucket it is', async (t) => {
  t.equal(bucketOf(['ip', 'route', 'global']), 'ip 192.0.2.1, route orders, global')
  t.equal(bucketOf(['key', 'org', 'subject'], KEY), 'key acme-prod, org acme, subject ann')
  t.equal(bucketOf(['org'], { ...KEY, org: '' }), 'subject ann')
  t.equal(bucketOf(['org', 'ip'], { ...KEY, org: '' }), 'subject ann, ip 192.0.2.1')
  t.equal(bucketOf(['key']), 'ip 192.0.2.1')
})

t.test('a limit keeps keys ready, and finds those of more values, too', async (t) => {
  const limit = limitBy('ip')
  const plan = planOf(limit)
  t.equal(planOf(limit), plan, 'one plan, whatever the number of its routes')
  const keyFor = (i: number) => plan.keyOf(contextWith({ client: `10.0.${i >> 8}.${i & 255}` }, ANONYMOUS))
  const keys = new Set<string>()
  for (let i = 0; i < 5000; i++) keys.add(keyFor(i))
  t.equal(keys.size, 5000)
  for (const i of [0, 1, 2047, 2048, 4999]) t.equal(keyFor(i), bucketKey('a', [`10.0.${i >> 8}.${i & 255}`]))
})

t.test('who has no value of the dimension is never found under one that is kept ready', async (t) => {
  const plan = planOf(limitBy('org'))
  const anonymous = (client: string) => plan.keyOf(contextWith({ client }, ANONYMOUS))
  t.not(anonymous('192.0.2.1'), anonymous('192.0.2.2'))
  t.equal(plan.keyOf(contextWith({ client: '192.0.2.1' }, KEY)), bucketKey('a', ['acme']))
})
