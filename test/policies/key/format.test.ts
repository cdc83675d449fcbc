import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { hashKey, isWellFormed, newKey } from '../../../src/policies/key/format.ts'

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** The checksum, worked out another way. */
function checksumOf(body: string): string {
  let rest = BigInt(crc32(body))
  let digits = ''
  while (rest > 0n) {
    digits = DIGITS.charAt(Number(rest % 62n)) + digits
    rest /= 62n
  }
  return digits.padStart(6, '0')
}

t.test('a new key has the documented form', async (t) => {
  t.match(newKey(randomBytes), /^sp_live_[0-9A-Za-z]{38}$/)
  t.match(newKey(randomBytes, 'test'), /^sp_test_[0-9A-Za-z]{38}$/)
})

t.test('a new key is well-formed, and its end is the CRC-32 of the rest', async () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat(255)), (bytes) => {
      const key = newKey((count) => Uint8Array.from(bytes.take(count)))
      return isWellFormed(key) && key.slice(-6) === checksumOf(key.slice(0, -6))
    }),
  )
})

t.test('bytes that would favour some digits are thrown away', async (t) => {
  const served = [Uint8Array.of(255, 248, ...new Array(30).fill(0)), Uint8Array.of(1, 247)]
  const asked: number[] = []
  const key = newKey((count) => {
    asked.push(count)
    return served.shift() ?? new Uint8Array(0)
  })
  t.strictSame(asked, [32, 2])
  t.equal(key.slice(8, 40), `${'0'.repeat(30)}1z`)
})

t.test('any one digit mistyped is found without a look-up', async () => {
  const key = newKey(randomBytes)
  fc.assert(
    fc.property(fc.integer({ min: 8, max: key.length - 1 }), fc.constantFrom(...DIGITS), (index, digit) => {
      fc.pre(key[index] !== digit)
      return !isWellFormed(key.slice(0, index) + digit + key.slice(index + 1))
    }),
  )
})

for (const [name, text] of [
  ['empty', ''],
  ['ours, cut short', newKey(randomBytes).slice(0, -1)],
  ['ours, with more behind', `${newKey(randomBytes)}0`],
  ['only our prefix', 'sp_live_'],
  ['ours of another kind', newKey(randomBytes).replace('live', 'test')],
  ['too short to be a secret', 'x'.repeat(15)],
  ['too long', 'x'.repeat(513)],
  ['V68: with NUL', `abcdefghijklmnop\0`],
  ['V68: in UTF-8', 'abcdefghijklmnöpq'],
  ['with a space', 'abcdefgh ijklmnop'],
  ['with a comma, as joined lines have', 'abcdefgh,ijklmnop'],
] as const) {
  t.test(`not a key: ${name}`, async (t) => t.notOk(isWellFormed(text)))
}

t.test('keys of another system are known by their length alone', async (t) => {
  t.ok(isWellFormed('x'.repeat(16)))
  t.ok(isWellFormed('x'.repeat(512)))
  t.ok(isWellFormed('ghp_16C7e42F292c6912E7710c838347Ae178B4a'))
})

t.test('the hash is lower-case hex SHA-256', async (t) => {
  t.equal(hashKey('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
