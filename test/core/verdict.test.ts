import t from 'tap'
import { ANONYMOUS } from '../../src/core/principal.ts'
import { answer, PASS, pass, refuse, SKIP } from '../../src/core/verdict.ts'

t.test('nobody can change what anonymous, a pass and a skip are', async (t) => {
  for (const value of [ANONYMOUS, ANONYMOUS.scopes, ANONYMOUS.roles, PASS, SKIP]) t.ok(Object.isFrozen(value))
  t.match(ANONYMOUS, { kind: 'anonymous', subject: '', org: '', scopes: [], roles: [], limits: null })
})

t.test('the four verdicts', async (t) => {
  const reply = { status: 204, headers: [], body: '' }
  t.strictSame(PASS, { kind: 'pass', learned: null })
  t.strictSame(SKIP, { kind: 'skip' })
  t.strictSame(pass({ note: 'n' }), { kind: 'pass', learned: { note: 'n' } })
  t.strictSame(answer(reply), { kind: 'answer', reply })
  t.strictSame(refuse('no_route', 'why'), { kind: 'refuse', code: 'no_route', why: 'why', headers: [] })
  t.strictSame(refuse('no_route', 'why', ['a', 'b']).headers, ['a', 'b'])
})
