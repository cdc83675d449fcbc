import fc from 'fast-check'
import t from 'tap'
import { redisKeys } from '../../../src/adapters/redis/keys.ts'
import { bucketKey } from '../../../src/core/limits.ts'
import { slotOf } from './slots.ts'

const names = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/)
const unit = fc.oneof(
  fc.constantFrom('{', '}', '|', ':', '#', '@', '\ud800', '\udc00', '\u0000', '\r\n', 'é'),
  fc.string({ maxLength: 3, unit: 'binary' }),
)
const value = fc.oneof(
  fc.string({ unit, maxLength: 20 }),
  fc.string({ unit, minLength: 200, maxLength: 400 }),
)
const buckets = fc
  .tuple(names, fc.array(value, { maxLength: 3 }))
  .map(([name, list]) => bucketKey(name, list))
const prefixes = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/)
const bytesOf = (key: string): string => Buffer.from(key, 'utf8').toString('hex')

t.test('the slot of a key is what Redis says', async (t) => {
  // From the cluster specification, and CLUSTER KEYSLOT of a real server.
  t.equal(slotOf('123456789'), 0x31c3 % 16_384)
  t.equal(slotOf('{user1000}.following'), slotOf('{user1000}.followers'))
  t.equal(slotOf('foo{}{bar}'), slotOf('foo{}{bar}'))
  t.not(slotOf('foo{}{bar}'), slotOf('bar'))
})

t.test('all keys of one prefix are in one slot, whatever the buckets hold', async () => {
  fc.assert(
    fc.property(prefixes, buckets, buckets, (prefix, a, b) => {
      const keyOf = redisKeys(prefix)
      return slotOf(keyOf(a)) === slotOf(keyOf(b)) && slotOf(keyOf(a)) === slotOf(prefix.replace(/:+$/, ''))
    }),
  )
})

t.test('no two buckets share a key, in the bytes that Redis sees', async () => {
  fc.assert(
    fc.property(prefixes, buckets, buckets, (prefix, a, b) => {
      const keyOf = redisKeys(prefix)
      return a === b || bytesOf(keyOf(a)) !== bytesOf(keyOf(b))
    }),
  )
  const keyOf = redisKeys('p:')
  t.not(bytesOf(keyOf('a|1:\ud800')), bytesOf(keyOf('a|1:\ud801')))
})

t.test('a key begins with the prefix and is not long', async () => {
  fc.assert(
    fc.property(prefixes, buckets, (prefix, bucket) => {
      const key = redisKeys(prefix)(bucket)
      return key.startsWith(prefix) && key.length <= 2 * prefix.length + 2 + 256 + 66
    }),
  )
})

t.test('a key of the usual kind can be read', async (t) => {
  t.equal(
    redisKeys('sallyport:')(bucketKey('public', ['192.0.2.1'])),
    'sallyport:{sallyport}public|9:192.0.2.1',
  )
  t.match(redisKeys('shop:')(bucketKey('org', ['x'.repeat(300)])), /^shop:\{shop\}org\|#[0-9a-f]{64}$/)
})
