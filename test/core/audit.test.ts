import t from 'tap'
import { reportedCodes, trailWord } from '../../src/core/audit.ts'
import type { TrailLine } from '../../src/core/policy.ts'

t.test('a line of the trail is one word', async (t) => {
  const word = (line: TrailLine, authenticator = '') => trailWord(line, authenticator)
  t.equal(word({ check: 'cors', verdict: 'pass' }, 'key'), 'cors')
  t.equal(word({ check: 'auth', verdict: 'pass' }, 'key'), 'auth:key')
  t.equal(word({ check: 'auth', verdict: 'pass' }), 'auth')
  t.equal(word({ check: 'auth', verdict: 'skip' }), 'auth~')
  t.equal(word({ check: 'cors', verdict: 'answer' }), 'cors=')
  t.equal(word({ check: 'limit', verdict: 'refuse', code: 'rate_limited' }), 'limit!rate_limited')
  t.equal(word({ check: 'limit', verdict: 'report', code: 'rate_limited' }), 'limit?rate_limited')
  t.equal(word({ check: 'limit', verdict: 'refuse' }), 'limit!')
  t.equal(word({ check: 'limit', verdict: 'report' }), 'limit?')
})

t.test('the codes that report mode let through, in order', async (t) => {
  const trail: TrailLine[] = [
    { check: 'auth', verdict: 'report', code: 'key_missing' },
    { check: 'cors', verdict: 'pass' },
    { check: 'scopes', verdict: 'report' },
    { check: 'limit', verdict: 'report', code: 'rate_limited' },
    { check: 'validate', verdict: 'refuse', code: 'internal' },
  ]
  t.strictSame(reportedCodes(trail), ['key_missing', 'rate_limited'])
})
