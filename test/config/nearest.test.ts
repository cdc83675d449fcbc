import fc from 'fast-check'
import t from 'tap'
import { didYouMean, nearest } from '../../src/config/nearest.ts'

const NAMES = ['listen', 'limits', 'limit_headers', 'upstream', 'key']

t.test('typing errors are recognised', async (t) => {
  t.equal(nearest('lisetn', NAMES), 'listen')
  t.equal(nearest('Listen', NAMES), 'listen')
  t.equal(nearest('limit', NAMES), 'limits')
  t.equal(nearest('upstraem', NAMES), 'upstream')
  t.equal(nearest('bi', ['by', 'rate']), 'by')
  t.equal(didYouMean('limit-headers', NAMES), 'did you mean `limit_headers`?')
})

t.test('what is like nothing gets no hint', async (t) => {
  t.equal(nearest('banana', NAMES), null)
  t.equal(nearest('x', NAMES), null)
  t.equal(nearest('b', ['by', 'rate']), null)
  t.equal(nearest('xi', ['by', 'rate']), null)
  t.equal(nearest('x'.repeat(100_000), NAMES), null)
  t.equal(didYouMean('key', ['key']), undefined)
})

t.test('one swap, slip or gap in a long name is always recognised', async () => {
  fc.assert(
    fc.property(fc.constantFrom('listen', 'upstream', 'limit_headers'), fc.nat(), (name, n) => {
      const i = n % (name.length - 1)
      const swapped = name.slice(0, i) + name[i + 1] + name[i] + name.slice(i + 2)
      const slipped = `${name.slice(0, i)}#${name.slice(i + 1)}`
      const gapped = name.slice(0, i) + name.slice(i + 1)
      return [swapped, slipped, gapped].every((typed) => typed === name || nearest(typed, NAMES) === name)
    }),
  )
})
