import crypto, { createHash, randomBytes } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import t from 'tap'
import type { Pass, Refuse } from '../../../src/core/verdict.ts'
import { keyJudge } from '../../../src/policies/key/decide.ts'
import { keyEntry } from '../../../src/policies/key/entry.ts'
import { hashKey, newKey } from '../../../src/policies/key/format.ts'
import { keyAuthenticator, keyTable } from '../../../src/policies/key/index.ts'
import { keyAuthenticatorSchema, keyEntrySchema } from '../../../src/policies/key/schema.ts'
import { contextWith, outcomeOf, portsWith } from '../request.ts'

const KEY = newKey(randomBytes)
const hashOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`
const entryOf = (more: object = {}, key = KEY) =>
  keyEntry(keyEntrySchema.parse({ id: 'acme-prod', hash: hashOf(key), ...more }))
const settings = keyAuthenticatorSchema.parse({ type: 'api_key' })

function judge(text: string, more: object = {}, nowMs = 0, key = KEY) {
  const { judge } = keyAuthenticator('key', settings, keyTable([entryOf(more, key)]))
  return judge(text, contextWith({}), portsWith({ nowMs })) as Pass | Refuse
}

t.test('a known key brings its principal', async (t) => {
  const more = {
    subject: 'billing',
    org: 'acme',
    scopes: ['orders.read'],
    roles: ['clerk'],
    limits: ['plan'],
  }
  t.strictSame((judge(KEY, more) as Pass).learned?.principal, {
    kind: 'key',
    subject: 'billing',
    org: 'acme',
    scopes: ['orders.read'],
    roles: ['clerk'],
    keyId: 'acme-prod',
    authenticator: 'key',
    limits: ['plan'],
  })
})

t.test('what an entry leaves out', async (t) => {
  const principal = (judge(KEY) as Pass).learned?.principal
  t.match(principal, { subject: 'acme-prod', org: '', scopes: [], roles: [], limits: null })
})

t.test('the trail tells which key by which authenticator', async (t) => {
  t.equal((judge(KEY) as Pass).learned?.note, 'key: key acme-prod')
})

t.test('the verdict is prepared and frozen', async (t) => {
  const { judge } = keyAuthenticator('key', settings, keyTable([entryOf()]))
  const once = judge(KEY, contextWith({}), portsWith())
  t.equal(judge(KEY, contextWith({}), portsWith()), once)
  t.ok(Object.isFrozen(once))
  t.ok(Object.isFrozen((once as Pass).learned?.principal))
})

t.test('each of more keys than are kept ready brings its own principal, and again', async (t) => {
  const texts = Array.from({ length: 9000 }, (_, i) => `key-of-another-system-${i}`)
  const table = keyTable(texts.map((text, i) => ({ ...entryOf(), id: `k${i}`, hash: hashKey(text) })))
  const { judge } = keyAuthenticator('key', settings, table)
  for (const _ of [1, 2]) {
    const wrong = texts.filter((text, i) => {
      const { learned } = judge(text, contextWith({}), portsWith()) as Pass
      return learned?.principal?.keyId !== `k${i}`
    })
    t.strictSame(wrong, [])
  }
})

t.test(
  'malformed, mistyped and unknown keys are invalid, and the reason does not hold the key',
  async (t) => {
    const unknown = newKey(randomBytes)
    for (const text of ['', 'x', `${KEY}0`, KEY.replace('live', 'test'), unknown, 'x'.repeat(40)]) {
      const verdict = judge(text) as Refuse
      t.equal(verdict.code, 'key_invalid')
      if (text.length > 1) t.notOk(verdict.why.includes(text))
    }
  },
)

t.test('V69: a revoked key is refused as such', async (t) => {
  t.equal(outcomeOf(judge(KEY, { revoked: true })), 'key_revoked')
})

t.test('V69: a key is refused from the moment it expires', async (t) => {
  const expires = '2027-06-30T12:00:00+02:00'
  const atMs = Date.UTC(2027, 5, 30, 10)
  t.equal(outcomeOf(judge(KEY, { expires }, atMs - 1)), 'pass')
  t.equal(outcomeOf(judge(KEY, { expires }, atMs)), 'key_expired')
})

t.test('a date is its first moment in UTC', async (t) => {
  const atMs = Date.UTC(2027, 5, 30)
  t.equal(outcomeOf(judge(KEY, { expires: '2027-06-30' }, atMs - 1)), 'pass')
  t.equal(outcomeOf(judge(KEY, { expires: '2027-06-30' }, atMs)), 'key_expired')
})

t.test('a key for other routes is refused here', async (t) => {
  t.equal(outcomeOf(judge(KEY, { routes: ['orders'] })), 'pass')
  t.equal(outcomeOf(judge(KEY, { routes: ['health'] })), 'key_route_refused')
})

t.test('a token that is no key of ours is left to others', async (t) => {
  t.equal(outcomeOf(judge('eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln')), 'skip')
  t.equal(outcomeOf(judge(`${'a'.repeat(600)}.b.c`)), 'skip')
  t.equal(outcomeOf(judge('a.b')), 'key_invalid')
})

t.test('a key of another system that looks like a token is still a key', async (t) => {
  const foreign = 'abcdefgh.ijklmnop.qrstuvwx'
  t.equal(outcomeOf(judge(foreign, {}, 0, foreign)), 'pass')
})

t.test('two entries may not share an id or a hash', async (t) => {
  const problems: unknown[] = []
  const other = newKey(randomBytes)
  const entries = [entryOf(), entryOf({ id: 'b' }), entryOf({}, other)]
  const table = keyTable(entries, (path, message) => problems.push([path, message]))
  t.strictSame(problems, [
    [[1, 'hash'], 'the key acme-prod has the same hash'],
    [[2, 'id'], 'there is another key with the id acme-prod'],
  ])
  t.equal(table.byHash.size, 2)
  t.equal(keyTable(entries).byId.size, 2)
})

for (const [name, more] of [
  ['a key instead of its hash', { hash: KEY }],
  ['an upper-case hash', { hash: hashOf(KEY).toUpperCase() }],
  ['an id with a space', { id: 'a b' }],
  ['a line feed in the subject', { subject: 'a\nb' }],
  ['a date that is none', { expires: '2027-02-30' }],
  ['a time without an offset', { expires: '2027-06-30T12:00:00' }],
  ['an empty list of routes', { routes: [] }],
  ['an unknown key', { scope: ['a'] }],
] as const) {
  t.test(`the schema refuses ${name}`, async (t) => {
    const result = keyEntrySchema.safeParse({ id: 'a', hash: hashOf(KEY), ...more })
    t.notOk(result.success)
  })
}

t.test('V67 a look-up that errs opens nothing: the whole hash is compared with what it found', async (t) => {
  const hash = hashKey(KEY)
  for (const at of [0, 31, 63]) {
    const other = `${hash.slice(0, at)}${hash[at] === '0' ? '1' : '0'}${hash.slice(at + 1)}`
    const byHash = new Map([[hash, { ...entryOf(), hash: other }]])
    const verdict = await keyJudge('key', { byHash, byId: new Map() })(KEY, contextWith({}), portsWith())
    t.equal(outcomeOf(verdict), 'key_invalid', `digit ${at}`)
  }
})

t.test('V67 hashes are compared in constant time', async (t) => {
  const compared: string[][] = []
  const { timingSafeEqual } = crypto
  const { restore } = t.capture(crypto, 'timingSafeEqual', (a: Buffer, b: Buffer) => {
    compared.push([a.toString(), b.toString()])
    return timingSafeEqual(a, b)
  })
  syncBuiltinESMExports()
  t.equal(judge(KEY).kind, 'pass')
  restore()
  syncBuiltinESMExports()
  t.strictSame(compared, [[hashKey(KEY), hashKey(KEY)]])
})
