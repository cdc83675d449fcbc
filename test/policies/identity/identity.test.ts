import fc from 'fast-check'
import t from 'tap'
import { ANONYMOUS, type Principal } from '../../../src/core/principal.ts'
import type { Pass } from '../../../src/core/verdict.ts'
import { fieldText } from '../../../src/policies/identity/decide.ts'
import { identity } from '../../../src/policies/identity/index.ts'
import { contextWith, envWith, runCheck } from '../request.ts'

const NAMES = ['subject', 'org', 'scopes', 'roles', 'key-id', 'auth'].map((name) => `x-sallyport-${name}`)
const part = identity.compile(undefined, envWith())
const acme: Principal = {
  kind: 'key',
  subject: 'billing',
  org: 'acme',
  scopes: ['orders.read', 'orders.list'],
  roles: ['clerk', 'buyer'],
  keyId: 'acme-prod',
  authenticator: 'key',
  limits: null,
}

function fieldsFor(principal: Principal, from = part) {
  const verdict = runCheck(from, 'identity', contextWith({}, principal)) as Pass
  return verdict.learned?.upstreamHeaders
}

t.test('the upstream is told who asks', async (t) => {
  t.strictSame(fieldsFor(acme), [
    'x-sallyport-subject',
    'billing',
    'x-sallyport-org',
    'acme',
    'x-sallyport-scopes',
    'orders.read orders.list',
    'x-sallyport-roles',
    'clerk buyer',
    'x-sallyport-key-id',
    'acme-prod',
    'x-sallyport-auth',
    'key',
  ])
})

t.test('of an anonymous principal it is told just that', async (t) => {
  t.strictSame(fieldsFor(ANONYMOUS), ['x-sallyport-auth', 'anonymous'])
})

t.test('V22: client copies of every name are dropped, on every route', async (t) => {
  t.strictSame(part.request?.drop, NAMES)
  t.strictSame(identity.compile(true, envWith({ forwardCredential: true })).request?.drop, NAMES)
})

t.test('a name that is off is neither sent nor dropped', async (t) => {
  const names = { ...envWith().identity, subject: null, roles: null }
  const some = identity.compile(false, envWith({ identity: names }))
  t.notMatch(fieldsFor(acme, some)?.join(), /subject|roles/)
  t.strictSame(
    some.request?.drop,
    NAMES.filter((name) => !/subject|roles/.test(name)),
  )
})

t.test('a principal that stays costs nothing the second time', async (t) => {
  const context = contextWith({}, acme)
  t.equal(runCheck(part, 'identity', context), runCheck(part, 'identity', context))
})

t.test('V29: a line feed in a claim makes no second field', async (t) => {
  const fields = fieldsFor({ ...acme, subject: 'eve\r\nX-Admin: y', scopes: ['a\nb'] })
  t.equal(fields?.[1], 'eve%0D%0AX-Admin: y')
  t.equal(fields?.[5], 'a%0Ab')
})

t.test('spaces at the ends, which parsers trim, do not turn one subject into another', async (t) => {
  t.equal(fieldText('  admin '), '%20%20admin%20')
  t.equal(fieldText('Ada Lovelace'), 'Ada Lovelace')
})

t.test('a space in a scope does not make two scopes', async (t) => {
  t.equal(fieldsFor({ ...acme, scopes: ['orders read'] })?.[5], 'orders%20read')
})

t.test('other alphabets are percent-encoded UTF-8', async (t) => {
  t.equal(fieldText('Zoë 🙂'), 'Zo%C3%AB %F0%9F%99%82')
})

t.test('every value is visible ASCII, survives trimming, and decodes to what it was', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const value = fieldText(text)
      return /^[ -~]*$/.test(value) && value.trim() === value && decodeURIComponent(value) === text
    }),
  )
})

t.test('lists can be split into what they were', async () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, unit: 'binary' }), { minLength: 1 }), (scopes) => {
      const value = fieldsFor({ ...acme, scopes })?.[5] ?? ''
      t.strictSame(value.split(' ').map(decodeURIComponent), scopes)
    }),
    { numRuns: 50 },
  )
})

t.test('the setting is a boolean', async (t) => {
  t.ok(identity.schema.safeParse(true).success)
  t.notOk(identity.schema.safeParse('yes').success)
})
