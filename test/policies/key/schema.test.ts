import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { hashKey, holdsKey, newKey } from '../../../src/policies/key/format.ts'
import { keyEntrySchema } from '../../../src/policies/key/schema.ts'

const KEY = newKey(randomBytes)
const ENTRY = { id: 'me', hash: `sha256:${hashKey(KEY)}` }

/** What is said of an entry; '' when it is good. */
function mistakeIn(more: object): string {
  return keyEntrySchema.safeParse({ ...ENTRY, ...more }).error?.issues[0]?.message ?? ''
}

t.test('no text of an entry may be a key, or hold one', async (t) => {
  t.equal(mistakeIn({}), '')
  const texts = [KEY, newKey(randomBytes, 'test'), `of:${KEY}`, `${KEY.slice(0, -1)}x`]
  for (const text of texts) {
    for (const more of [{ id: text }, { subject: text }, { org: text }]) {
      t.match(mistakeIn(more), /^must not hold a key itself/)
    }
    for (const name of ['scopes', 'roles', 'limits']) {
      t.match(mistakeIn({ [name]: ['good', text] }), /^must not hold a key itself/)
    }
  }
})

t.test('what is no key may be a name', async () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,40}$/), (id) => {
      return holdsKey(id) || mistakeIn({ id, subject: id }) === ''
    }),
  )
})

t.test('a key in the place of its hash is told from another text', async (t) => {
  t.match(mistakeIn({ hash: KEY }), /^is the key itself, .* sha256sum` prints$/)
  t.match(mistakeIn({ hash: `sha256:${KEY}` }), /^is the key itself/)
  t.match(
    mistakeIn({ hash: 'a-key-of-another-system' }),
    /^write sha256: and 64 lower-case hex digits, .* prints$/,
  )
  t.match(mistakeIn({ hash: ENTRY.hash.toUpperCase() }), /^write sha256: /)
})
