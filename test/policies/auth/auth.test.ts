import fc from 'fast-check'
import t from 'tap'
import type { Refuse, Verdict } from '../../../src/core/verdict.ts'
import { PASS, pass, refuse, SKIP } from '../../../src/core/verdict.ts'
import type { Authenticator } from '../../../src/policies/auth/authenticator.ts'
import { auth } from '../../../src/policies/auth/index.ts'
import { contextWith, envWith, outcomeOf, runCheck } from '../request.ts'

/** Reads one header and believes `good`; `other` is not its kind. */
function reading(name: string, header: string, more: Partial<Authenticator> = {}): Authenticator {
  const judged: Record<string, Verdict> = {
    good: pass({ note: name }),
    other: SKIP,
    expired: refuse('key_expired', 'expired', ['x-more', '1']),
    elsewhere: refuse('key_route_refused', 'elsewhere'),
  }
  return {
    name,
    find: ({ headers }) => {
      const value = headers[header]
      if (value === undefined) return { kind: 'none' }
      return value.includes(',') ? { kind: 'many' } : { kind: 'one', text: String(value) }
    },
    judge: (text) => judged[text] ?? refuse('key_invalid', 'unknown'),
    judgeId: (id) => judged[id] ?? refuse('key_invalid', 'unknown'),
    codes: [],
    headers: [header],
    query: [],
    challenge: `${name} realm="api"`,
    ...more,
  }
}

const key = reading('key', 'x-api-key')
const partner = reading('partner', 'x-partner-key')
const bearer = reading('bearer', 'authorization')
const slow: Authenticator = {
  ...reading('slow', 'authorization'),
  judge: async (text, context, ports) => bearer.judge(text, context, ports),
}
const inQuery = reading('inquery', 'x-none', { headers: [], query: ['api_key'] })
const all = [key, partner, bearer, slow, inQuery]
const authenticators = new Map(all.map((authenticator) => [authenticator.name, authenticator]))

const partOf = (settings: unknown, more = {}) =>
  auth.compile(auth.schema.parse(settings), envWith({ authenticators, ...more }))

async function judge(settings: unknown, ...fields: string[]): Promise<Verdict> {
  return runCheck(partOf(settings), 'auth', contextWith({ fields }))
}

for (const [settings, fields, outcome] of [
  ['none', [], 'pass'],
  ['none', ['x-api-key', 'bad'], 'pass'],
  ['key', [], 'key_missing'],
  ['key', ['x-api-key', 'good'], 'pass'],
  ['key', ['x-api-key', 'bad'], 'key_invalid'],
  ['key', ['x-api-key', 'expired'], 'key_expired'],
  ['key', ['x-api-key', 'elsewhere'], 'key_route_refused'],
  ['key', ['x-api-key', 'other'], 'key_invalid'],
  ['key', ['x-partner-key', 'good'], 'key_missing'],
  [['key', 'partner'], ['x-partner-key', 'good'], 'pass'],
  [['key', 'partner'], [], 'key_missing'],
  [['key', 'none'], [], 'pass'],
  [['none', 'key'], ['x-api-key', 'good'], 'pass'],
] as const) {
  t.test(`${JSON.stringify(settings)} with ${JSON.stringify(fields)} is ${outcome}`, async (t) => {
    t.equal(outcomeOf(await judge(settings, ...fields)), outcome)
  })
}

t.test('a bad credential never passes for anonymous', async (t) => {
  for (const text of ['bad', 'expired', 'elsewhere', 'other', '']) {
    t.equal((await judge(['key', 'none'], 'x-api-key', text)).kind, 'refuse')
    t.equal((await judge(['none', 'slow'], 'authorization', text)).kind, 'refuse')
  }
})

t.test('V27: credentials for two authenticators, or two for one, are believed neither', async (t) => {
  const twice = ['x-api-key', 'good', 'x-api-key', 'good']
  const both = ['x-api-key', 'good', 'x-partner-key', 'good']
  for (const settings of [
    ['key', 'partner'],
    ['partner', 'key', 'none'],
  ]) {
    t.equal(outcomeOf(await judge(settings, ...twice)), 'credential_ambiguous')
    t.equal(outcomeOf(await judge(settings, ...both)), 'credential_ambiguous')
  }
})

t.test('V27: a good credential with a bad one beside it is not taken', async (t) => {
  t.equal(
    outcomeOf(await judge(['key', 'partner'], 'x-api-key', 'good', 'x-partner-key', 'bad')),
    'credential_ambiguous',
  )
})

t.test('one header that two authenticators read is one credential', async (t) => {
  t.equal(outcomeOf(await judge(['bearer', 'slow'], 'authorization', 'good')), 'pass')
  t.equal(outcomeOf(await judge(['bearer', 'slow'], 'authorization', 'bad')), 'key_invalid')
})

t.test('one parameter that two authenticators read is one credential', async (t) => {
  const find: Authenticator['find'] = () => ({ kind: 'one', text: 'good' })
  const env = envWith({
    authenticators: new Map([
      ['a', { ...inQuery, find }],
      ['b', { ...inQuery, find, name: 'b' }],
    ]),
  })
  t.equal(outcomeOf(await runCheck(auth.compile(['a', 'b'], env), 'auth', contextWith({}))), 'pass')
})

t.test('V27: two texts are two credentials, even of authenticators that share a place', async (t) => {
  const headers = ['x-api-key', 'x-partner-key']
  const env = envWith({
    authenticators: new Map([
      ['key', { ...key, headers }],
      ['partner', { ...partner, headers }],
    ]),
  })
  const context = contextWith({ fields: ['x-api-key', 'good', 'x-partner-key', 'bad'] })
  const verdict = await runCheck(auth.compile(['key', 'partner'], env), 'auth', context)
  t.equal(outcomeOf(verdict), 'credential_ambiguous')
})

t.test('"not mine" asks the next about the same text, and is no pass when nobody is left', async (t) => {
  const believing: Authenticator = { ...bearer, name: 'believing', judge: () => PASS }
  const env = envWith({ authenticators: new Map([...authenticators, ['believing', believing]]) })
  const context = contextWith({ fields: ['authorization', 'other'] })
  t.equal(await runCheck(auth.compile(['bearer', 'believing'], env), 'auth', context), PASS)
  t.equal(await runCheck(auth.compile(['slow', 'believing'], env), 'auth', context), PASS)
  t.equal(outcomeOf(await judge(['bearer', 'slow', 'none'], 'authorization', 'other')), 'key_invalid')
})

t.test('every 401 tells what to send, and nothing else does', async (t) => {
  const challenge = ['www-authenticate', 'key realm="api", partner realm="api"']
  const headersOf = async (...fields: string[]) =>
    ((await judge(['key', 'partner'], ...fields)) as Refuse).headers
  t.strictSame(await headersOf(), challenge)
  t.strictSame(await headersOf('x-api-key', 'bad'), challenge)
  t.strictSame(await headersOf('x-api-key', 'other'), challenge)
  t.strictSame(await headersOf('x-api-key', 'expired'), ['x-more', '1', ...challenge])
  t.strictSame(await headersOf('x-api-key', 'elsewhere'), [])
  t.strictSame(await headersOf('x-api-key', 'good', 'x-partner-key', 'good'), [])
})

t.test('keys for the gate are dropped on every route, authorization where it is read', async (t) => {
  t.strictSame(partOf('none').request, { drop: ['x-api-key', 'x-partner-key'], dropQuery: ['api_key'] })
  t.strictSame(partOf('bearer').request?.drop, ['x-api-key', 'x-partner-key', 'authorization'])
})

t.test('forward_credential hands them on', async (t) => {
  t.strictSame(partOf(['key', 'bearer'], { forwardCredential: true }).request, {})
})

t.test('a route without auth is a problem, and nobody gets in by silence', async (t) => {
  const env = envWith({ authenticators })
  t.strictSame(auth.compile(undefined, env), {})
  t.match(env.problems, [{ path: [], message: /write `auth`/ }])
})

t.test('unknown and repeated names are problems, each at its place', async (t) => {
  const env = envWith({ authenticators: new Map([['key', key]]) })
  auth.compile(['key', 'sso', 'key', 'none'], env)
  auth.compile('kye', env)
  t.strictSame(env.problems, [
    { path: [1], message: 'no authenticator has the name sso; there are: key, none' },
    { path: [2], message: 'key is written twice' },
    { path: [], message: 'no authenticator has the name kye; there are: key, none' },
  ])
})

t.test('a route of which no name is known lets nobody in', async (t) => {
  const part = auth.compile(['sso'], envWith())
  const verdict = (await runCheck(part, 'auth', contextWith({}))) as Refuse
  t.equal(verdict.code, 'key_missing')
  t.strictSame(verdict.headers, [])
})

for (const settings of [[], '', 'Key', 'a b', 5, ['key', 5], new Array(9).fill('key')]) {
  t.test(`the schema refuses ${JSON.stringify(settings)}`, async (t) => {
    t.notOk(auth.schema.safeParse(settings).success)
  })
}

t.test('without a good credential nobody passes where anonymous is not written', async () => {
  const text = fc.constantFrom('bad', 'other', 'expired', 'elsewhere', '')
  const header = fc.constantFrom('x-api-key', 'x-partner-key', 'authorization', 'x-else')
  const names = fc.subarray(['key', 'partner', 'bearer', 'slow'], { minLength: 1 })
  await fc.assert(
    fc.asyncProperty(names, fc.array(fc.tuple(header, text), { maxLength: 4 }), async (settings, fields) => {
      return (await judge(settings, ...fields.flat())).kind === 'refuse'
    }),
  )
})
