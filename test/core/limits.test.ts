import fc from 'fast-check'
import t from 'tap'
import { bucketKey } from '../../src/core/limits.ts'

/** As the policy file takes names of limits. */
const name = fc.oneof(fc.constantFrom('a', 'a1', 'public'), fc.stringMatching(/^[a-z][a-z0-9_-]{0,63}$/))
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('|', ':', '0', '1', '2', 'a'), maxLength: 6 }),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
)
const bucket = fc.tuple(name, fc.array(text, { maxLength: 3 }))

t.test('a key holds the name and each value with its length', async (t) => {
  t.equal(bucketKey('public', ['192.0.2.1', '']), 'public|9:192.0.2.1|0:')
  t.equal(bucketKey('everyone', []), 'everyone')
})

t.test('no value can look like two', async (t) => {
  t.not(bucketKey('a', ['b|1:c']), bucketKey('a', ['b', 'c']))
  t.not(bucketKey('a', ['b', '']), bucketKey('a', ['', 'b']))
})

/** Reads a key back: what can be read back was told apart. */
function readBack(key: string): [string, string[]] {
  const end = key.indexOf('|')
  const values: string[] = []
  let at = end === -1 ? key.length : end
  while (at < key.length) {
    const colon = key.indexOf(':', at)
    const length = Number(key.slice(at + 1, colon))
    values.push(key.slice(colon + 1, colon + 1 + length))
    at = colon + 1 + length
  }
  return [end === -1 ? key : key.slice(0, end), values]
}

t.test('V72: a key can be read back, whatever the values hold, so no two buckets share one', async () => {
  fc.assert(
    fc.property(
      bucket,
      ([limit, values]) =>
        JSON.stringify(readBack(bucketKey(limit, values))) === JSON.stringify([limit, values]),
    ),
    { numRuns: 2000 },
  )
})

t.test('two buckets share a key only when they are the same', async () => {
  fc.assert(
    fc.property(bucket, bucket, (one, other) => {
      return (bucketKey(...one) === bucketKey(...other)) === (JSON.stringify(one) === JSON.stringify(other))
    }),
    { numRuns: 2000 },
  )
})
