import t from 'tap'
import { hasBody, headerOf } from '../../src/core/facts.ts'
import { factsWith } from '../policies/request.ts'

t.test('the first value of a header is the one that counts', async (t) => {
  const facts = factsWith({ headers: { one: 'a', many: ['b', 'c'], none: [] } })
  t.strictSame(
    ['one', 'many', 'none', 'absent'].map((name) => headerOf(facts, name)),
    ['a', 'b', undefined, undefined],
  )
})

t.test('a body of undeclared length is a body', async (t) => {
  t.strictSame(
    [0, 1, null].map((bodyBytes) => hasBody(factsWith({ bodyBytes }))),
    [false, true, true],
  )
})
