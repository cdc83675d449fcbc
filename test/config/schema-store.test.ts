import t from 'tap'
import { compileText, policyWith, problemsOf } from './compiling.ts'

const storeOf = (written: string) => compileText(policyWith('', `store: ${written}`)).settings?.store

t.test('a file is named relative to the policy or from the root', async (t) => {
  t.strictSame(storeOf('sqlite:./data/sallyport.db'), { path: './data/sallyport.db' })
  t.strictSame(storeOf('sqlite:/var/lib/x.db'), { path: '/var/lib/x.db' })
  t.strictSame(storeOf('sqlite:x.db'), { path: 'x.db' })
  t.equal(compileText(policyWith('')).settings?.store, null)
})

const WRITE = 'write sqlite:FILE such as sqlite:./data/sallyport.db'

for (const [written, message] of [
  ['postgres://user:canary@db/x', `PostgreSQL comes with a later version; ${WRITE}`],
  ['PostgreSQL://user:canary@db/x', `PostgreSQL comes with a later version; ${WRITE}`],
  ['mysql://user:canary@db/x', WRITE],
  ['./data/x.db', WRITE],
  ['"sqlite:"', WRITE],
  ['sqlite:./data/', WRITE],
  ['"sqlite::memory:"', WRITE],
  ['"sqlite:a\\0b"', WRITE],
  ['"sqlite:a\\nb"', WRITE],
  ['sqlite://data/x.db', `${WRITE}, without //`],
  ['[sqlite]', WRITE],
  ['7', WRITE],
] as const) {
  t.test(`${written} is refused, and not repeated`, async (t) => {
    const problems = problemsOf(policyWith('', `store: ${written}`))
    t.equal(problems.length, 1)
    t.match(problems[0], message)
    t.notMatch(problems[0], 'canary')
  })
}
