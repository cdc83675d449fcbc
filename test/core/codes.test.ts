import t from 'tap'
import { CODES, type CodeInfo } from '../../src/core/codes.ts'

const entries: [string, CodeInfo][] = Object.entries(CODES)
/** Never sent, so no code of RFC 9110. */
const MARK = 'client_closed'

t.test('the table is closed', async (t) => {
  t.ok(Object.isFrozen(CODES))
  t.ok(entries.length >= 30, `${entries.length} codes`)
})

t.test('each code is a plain word', async (t) => {
  for (const [code] of entries) t.match(code, /^[a-z]+(?:_[a-z]+)*$/)
})

t.test('each code is an error, and only our own fault is 500', async (t) => {
  for (const [code, { status }] of entries) t.ok(status >= 400 && status <= 505, `${code} ${status}`)
  t.strictSame(
    entries.flatMap(([code, { status }]) => (status === 500 ? [code] : [])),
    ['internal'],
  )
  t.strictSame(
    entries.flatMap(([code, { status }]) => (status === 499 ? [code] : [])),
    [MARK],
  )
})

t.test('each title is one short sentence of its own, and tells a client nothing of the policy', async (t) => {
  const titles = entries.map(([, { title }]) => title)
  t.equal(new Set(titles).size, titles.length)
  for (const title of titles) t.match(title, /^[A-Z][^`.]{5,58}(?:1\.[01][^`.]*)*\.$/)
})

t.test('each code tells the operator what to do', async (t) => {
  for (const [code, { help }] of entries) t.match(help, /^.{20,}\.$/s, code)
})
