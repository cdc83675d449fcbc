import fc from 'fast-check'
import t from 'tap'
import type { Verdict } from '../../../src/core/verdict.ts'
import type { Authenticator } from '../../../src/policies/auth/authenticator.ts'
import { validate } from '../../../src/policies/validate/index.ts'
import { contextWith, envWith, outcomeOf, runCheck } from '../request.ts'

const withKey = { query: ['api_key'] } as unknown as Authenticator

function ask(settings: object, query: string): string {
  const env = envWith({ authenticators: new Map([['key', withKey]]) })
  const part = validate.compile(validate.schema.parse({ query: settings }), env)
  return outcomeOf(runCheck(part, 'validate', contextWith({ query })) as Verdict)
}

for (const [settings, query, outcome] of [
  [{}, '', 'pass'],
  [{}, '?', 'pass'],
  [{}, '?a=1&b=2&&', 'pass'],
  [{ allowed: ['page'] }, '?page=1', 'pass'],
  [{ allowed: ['page'] }, '?%70age=1', 'pass'],
  [{ allowed: ['page'] }, '?page=1&admin=1', 'query_invalid'],
  [{ allowed: ['page'] }, '?Page=1', 'query_invalid'],
  [{ allowed: ['page'] }, '?page=1;admin=1', 'query_invalid'],
  [{ allowed: ['page'] }, '?__proto__=1', 'query_invalid'],
  [{ allowed: ['a b'] }, '?a+b=1', 'pass'],
  [{ allowed: [] }, '', 'pass'],
  [{ allowed: [] }, '?a', 'query_invalid'],
  [{ allowed: ['page'] }, '?page=1&api_key=k', 'pass'],
  [{ required: ['tenant'] }, '?tenant=a&page=1', 'pass'],
  [{ required: ['tenant'] }, '?page=1', 'query_invalid'],
  [{ required: ['tenant'] }, '', 'query_invalid'],
  [{ allowed: [], required: ['tenant'] }, '?tenant=a', 'pass'],
  [{}, '?a=1&a=2', 'query_invalid'],
  [{}, '?a=1&%61=2', 'query_invalid'],
  [{ repeated: true }, '?a=1&a=2', 'pass'],
  [{ max_params: 2 }, '?a=1&b=2', 'pass'],
  [{ max_params: 2 }, '?a=1&b=2&api_key=k', 'pass'],
  [{ max_params: 2 }, '?a=1&b=2&c=3', 'query_invalid'],
  [{ max_params: 2, repeated: true }, '?a=1&a=2&a=3', 'query_invalid'],
  [{}, `?${'&'.repeat(5000)}`, 'query_invalid'],
] as const) {
  t.test(`${JSON.stringify(settings)} with ${query.slice(0, 30)} is ${outcome}`, async (t) => {
    t.equal(ask(settings, query), outcome)
  })
}

for (const settings of [{ allow: ['a'] }, { required: [] }, { max_params: -1 }, { allowed: [''] }]) {
  t.test(`the schema refuses ${JSON.stringify(settings)}`, async (t) => {
    t.notOk(validate.schema.safeParse({ query: settings }).success)
  })
}

t.test('no name that is not allowed gets by, however it is escaped', async () => {
  const escaped = fc
    .array(fc.boolean(), { minLength: 5, maxLength: 5 })
    .map((which) =>
      [...'admin'].map((char, i) => (which[i] ? `%${char.charCodeAt(0).toString(16)}` : char)).join(''),
    )
  fc.assert(
    fc.property(escaped, fc.constantFrom('?', '?page=1&', '?&'), (name, before) => {
      return ask({ allowed: ['page'] }, `${before}${name}=1`) === 'query_invalid'
    }),
  )
})
