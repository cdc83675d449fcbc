import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { withoutKeys } from '../../src/core/secret.ts'
import { newKey } from '../../src/policies/key/format.ts'

t.test('a key is cut out wherever it stands, and its kind stays', async (t) => {
  const key = newKey(randomBytes)
  const other = newKey(randomBytes, 'test')
  t.equal(withoutKeys(`/orders/${key}/of/${other}`), '/orders/sp_live_***/of/sp_test_***')
})

t.test('nothing of any key is left, whatever stands around it', async () => {
  const text = fc.string({ unit: 'grapheme' })
  const kind = fc.constantFrom('live' as const, 'test' as const)
  fc.assert(
    fc.property(text, kind, text, (before, kind, after) => {
      const key = newKey(randomBytes, kind)
      return !withoutKeys(before + key + after).includes(key.slice('sp_live_'.length, -1))
    }),
  )
})

t.test('one that begins within what looks like another is cut out, too', async (t) => {
  const key = newKey(randomBytes)
  t.equal(withoutKeys(`sp_live_${'a'.repeat(36)}${key}`), 'sp_live_***_live_***')
})

t.test('what is no key stays as it is', async (t) => {
  for (const text of [
    '',
    '/orders/7',
    '/sp_live_short',
    '/sp_prod_0123456789012345678901234567890123456789',
  ]) {
    t.equal(withoutKeys(text), text)
  }
})
