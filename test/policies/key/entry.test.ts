import t from 'tap'
import { keyEntries } from '../../../src/policies/key/entry.ts'
import { keyEntrySchema } from '../../../src/policies/key/schema.ts'

const HEX = '0123456789abcdef'.repeat(4)

function settings(more: object) {
  return keyEntrySchema.parse({ id: 'a', hash: `sha256:${HEX}`, ...more })
}

t.test('an entry says what its settings say', async (t) => {
  const entry = keyEntries()(
    settings({
      subject: 's',
      org: 'o',
      scopes: ['x'],
      roles: ['r'],
      limits: ['l'],
      routes: ['one'],
      expires: '2027-06-30',
    }),
  )
  t.strictSame(entry, {
    id: 'a',
    hash: HEX,
    subject: 's',
    org: 'o',
    scopes: ['x'],
    roles: ['r'],
    limits: ['l'],
    routes: new Set(['one']),
    expiresMs: Date.UTC(2027, 5, 30),
    revoked: false,
  })
})

t.test('what is not written is the id, empty or null', async (t) => {
  const { subject, org, scopes, limits, routes, expiresMs } = keyEntries()(settings({}))
  t.strictSame([subject, org, scopes, limits, routes, expiresMs], ['a', '', [], null, null, null])
})

t.test('equal lists are one frozen list, others are not', async (t) => {
  const make = keyEntries()
  const first = make(settings({ scopes: ['x', 'y'], limits: ['l'], routes: ['one'] }))
  const second = make(settings({ scopes: ['x', 'y'], roles: ['x', 'y'], limits: ['l'], routes: ['one'] }))
  t.equal(second.scopes, first.scopes)
  t.equal(second.roles, first.scopes)
  t.equal(second.limits, first.limits)
  t.equal(second.routes, first.routes)
  t.ok(Object.isFrozen(first.scopes))
  t.strictSame(make(settings({ scopes: ['xy'] })).scopes, ['xy'])
  t.strictSame(
    make(settings({ limits: [] })).limits,
    [],
    'no limits at all are not the same as none of its own',
  )
})

t.test('no more lists are kept for sharing than a bound', async (t) => {
  const make = keyEntries()
  const many = Array.from({ length: 10_001 }, (_, i) => make(settings({ scopes: [`s${i}`] })))
  t.equal(make(settings({ scopes: ['s0'] })).scopes, many[0]?.scopes)
  t.not(make(settings({ scopes: ['s10000'] })).scopes, many[10_000]?.scopes)
  t.strictSame(many[10_000]?.scopes, ['s10000'])
})
