import fc from 'fast-check'
import t from 'tap'
import type { Facts } from '../../../src/core/facts.ts'
import { keyAuthenticator, keyTable } from '../../../src/policies/key/index.ts'
import { keyAuthenticatorSchema } from '../../../src/policies/key/schema.ts'
import { factsWith } from '../request.ts'

function authenticator(...places: string[]) {
  const settings = keyAuthenticatorSchema.parse({ type: 'api_key', in: places })
  return keyAuthenticator('key', settings, keyTable([]))
}

/** The text that is found, otherwise `none` or `many` in brackets. */
function find(places: string[], facts: Partial<Facts>): string {
  const shown = authenticator(...places).find(factsWith(facts))
  return shown.kind === 'one' ? shown.text : `(${shown.kind})`
}

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

for (const [name, place, fields, found] of [
  ['a header', 'header:X-Api-Key', ['X-API-Key', 'k1'], 'k1'],
  ['no such header', 'header:x-api-key', ['x-other', 'k1'], '(none)'],
  ['an empty header is a credential, and a bad one', 'header:x-api-key', ['x-api-key', ''], ''],
  ['V27: a header twice', 'header:x-api-key', ['x-api-key', 'k1', 'x-api-key', 'k2'], '(many)'],
  ['bearer', 'bearer', ['authorization', 'Bearer k1'], 'k1'],
  ['bearer in any case, more spaces', 'bearer', ['Authorization', 'bEARER   k1='], 'k1='],
  ['bearer without a token is a bad credential', 'bearer', ['authorization', 'Bearer'], ''],
  ['bearer with blanks only', 'bearer', ['authorization', 'Bearer  '], ''],
  ['bearer with two tokens', 'bearer', ['authorization', 'Bearer k1 k2'], ''],
  ['V27: bearer twice', 'bearer', ['authorization', 'Bearer k1', 'authorization', 'Bearer k2'], ''],
  ['another scheme', 'bearer', ['authorization', 'Digest k1'], '(none)'],
  ['a scheme that only begins like it', 'bearer', ['authorization', 'Bearers k1'], '(none)'],
  ['nothing for bearer', 'bearer', [], '(none)'],
  ['basic', 'basic', ['authorization', basic('git:k1')], 'k1'],
  ['basic without a user', 'basic', ['authorization', basic(':k1')], 'k1'],
  ['basic with a colon in the password', 'basic', ['authorization', basic('u:k:1')], 'k:1'],
  ['basic without a colon', 'basic', ['authorization', basic('k1')], ''],
  ['basic that is not base64', 'basic', ['authorization', 'Basic dTpr$A=='], ''],
  ['base64 of the wrong alphabet', 'basic', ['authorization', 'Basic dTpr_w=='], ''],
  ['base64 without its padding', 'basic', ['authorization', 'Basic dTprMQ'], ''],
  ['basic too long', 'basic', ['authorization', basic(`u:${'k'.repeat(1000)}`)], ''],
  ['bearer where basic is asked for', 'basic', ['authorization', 'Bearer k1'], '(none)'],
] as const) {
  t.test(`found in fields: ${name}`, async (t) => t.equal(find([place], { fields: [...fields] }), found))
}

for (const [name, query, found] of [
  ['no query', '', '(none)'],
  ['other parameters', '?a=1&b=2', '(none)'],
  ['the parameter', '?a=1&api_key=k1', 'k1'],
  ['escaped value', '?api_key=k%2B1', 'k+1'],
  ['escaped name', '?%61pi_key=k1', 'k1'],
  ['no value', '?api_key', ''],
  ['an empty value', '?api_key=', ''],
  ['a broken escape', '?api_key=%zz', ''],
  ['too long', `?api_key=${'k'.repeat(1100)}`, ''],
  ['twice', '?api_key=k1&api_key=k2', '(many)'],
  ['twice, once in disguise', '?api_key=k1&api%5Fkey=k2', '(many)'],
  ['twice, first broken', '?api_key&api_key=k2', '(many)'],
  ['another case', '?API_KEY=k1', '(none)'],
] as const) {
  t.test(`found in the query: ${name}`, async (t) => t.equal(find(['query:api_key'], { query }), found))
}

t.test('V27: credentials in two places are two', async (t) => {
  const places = ['header:x-api-key', 'bearer', 'query:k']
  t.equal(find(places, { fields: ['x-api-key', 'k1'] }), 'k1')
  t.equal(find(places, { fields: ['authorization', 'Bearer k1'] }), 'k1')
  t.equal(find(places, { query: '?k=k1' }), 'k1')
  t.equal(find(places, { fields: ['x-api-key', 'k1', 'authorization', 'Bearer k1'] }), '(many)')
  t.equal(find(places, { fields: ['x-api-key', 'k1', 'x-api-key', 'k2'] }), '(many)')
  t.equal(find(places, { fields: ['x-api-key', 'k1'], query: '?k=k1' }), '(many)')
  t.equal(find(places, {}), '(none)')
})

t.test('V68: the query is not looked at unless the policy says so', async (t) => {
  t.equal(find(['header:x-api-key'], { query: '?x-api-key=k1&api_key=k1' }), '(none)')
})

t.test('headers and parameters to strip, and challenges, follow from the places', async (t) => {
  const all = authenticator('header:X-Api-Key', 'bearer', 'basic', 'query:Key')
  t.strictSame(all.headers, ['x-api-key', 'authorization'])
  t.strictSame(all.query, ['Key'])
  t.equal(all.challenge, 'ApiKey realm="api", Bearer realm="api", Basic realm="api"')
})

t.test('a header key stands in x-api-key by default', async (t) => {
  t.strictSame(keyAuthenticatorSchema.parse({ type: 'api_key' }).in, ['header:x-api-key'])
})

for (const place of [
  'header',
  'header:',
  'header:x api',
  'header:x_api_key',
  'header:Authorization',
  'header:cookie',
  'query:',
  'query:a&b',
  'Bearer',
  'cookie:k',
]) {
  t.test(`the schema refuses the place ${place}`, async (t) => {
    t.notOk(keyAuthenticatorSchema.safeParse({ type: 'api_key', in: [place] }).success)
  })
}

t.test('no header value breaks the search', async () => {
  const value = fc.oneof(
    fc.string(),
    fc.string().map((s) => `Bearer ${s}`),
    fc.string().map((s) => `basic ${s}`),
  )
  const found = authenticator('header:x-api-key', 'bearer', 'basic', 'query:k').find
  fc.assert(
    fc.property(value, value, fc.string(), (authorization, key, query) => {
      const kinds = ['none', 'one', 'many']
      const fields = ['authorization', authorization, 'x-api-key', key]
      return kinds.includes(found(factsWith({ fields, query: `?${query}` })).kind)
    }),
  )
})
