import t from 'tap'
import { documentOf, driftBetween, outlined, REPLIES, routeText, taken } from './documents.ts'

const UNDECIDED = ['sallyport:undecided']
const header = (name: string) => ({ type: 'apiKey', in: 'header', name })
const login = { type: 'openIdConnect', openIdConnectUrl: 'https://id.example.com' }
const COMPONENTS = {
  securitySchemes: { id: header('x-id'), key: header('x-the-key'), api: header('x-api-key'), oa: login },
}

interface Wanted {
  readonly auth: readonly string[]
  readonly scopes: readonly string[] | null
  readonly anyScope?: readonly string[]
  /** What stands at the line. */
  readonly says?: RegExp
}

const MANY = Array.from({ length: 101 }, (_, i) => `s${i}`)
const SECURITY: readonly (readonly [name: string, security: object[], wanted: Wanted])[] = [
  [
    'two credentials at once: nobody is let in by one of them (I3)',
    [{ id: [], key: [] }],
    {
      auth: ['id'],
      scopes: UNDECIDED,
      says: /auth: \[ id \] # the document asks for id and key at once, .*\n.*allow: .* # nobody has this scope: .* until you decide/,
    },
  ],
  [
    'two at once beside one of another kind',
    [{ id: [], key: [] }, { oa: ['r'] }],
    { auth: ['key'], scopes: ['r'], says: /auth: .* # left out: id and key at once/ },
  ],
  ['two at once, or none', [{}, { id: [], key: [] }], { auth: ['none'], scopes: null, says: /is optional/ }],
  [
    'two scopes or another one: read alone is not enough (I4)',
    [{ oa: ['read', 'admin'] }, { oa: ['write'] }],
    {
      auth: ['key'],
      scopes: ['admin', 'read'],
      says: /allow: .* # the document also lets in oa with write; a policy asks the same of everybody/,
    },
  ],
  [
    'a scope of one scheme, none of the other: scopes stay (I4)',
    [{ oa: ['write'] }, { api: [] }],
    { auth: ['key'], scopes: ['write'], says: /allow: .* # the document also lets in api without scopes/ },
  ],
  [
    'other scopes of other schemes',
    [{ id: ['r'] }, { key: ['w'] }],
    { auth: ['id', 'key-2'], scopes: ['r', 'w'], says: /also lets in id with r, or key with w/ },
  ],
  [
    'what all ask for, and any of the rest',
    [{ oa: ['x', 'r'] }, { oa: ['x', 'w'] }],
    { auth: ['key'], scopes: ['x'], anyScope: ['r', 'w'] },
  ],
  [
    'the same alternatives for two schemes',
    [{ id: ['r'] }, { id: ['w'] }, { key: ['r'] }, { key: ['w'] }],
    { auth: ['id', 'key-2'], scopes: null, anyScope: ['r', 'w'] },
  ],
  [
    'an alternative that asks for more of one scheme',
    [{ oa: ['r', 'a'] }, { oa: ['r'] }, { oa: ['r'] }],
    { auth: ['key'], scopes: ['r'] },
  ],
  [
    'a scope that a policy cannot name is no open door',
    [{ key: ['${env:HOME}'] }],
    {
      auth: ['key-2'],
      scopes: UNDECIDED,
      says: /auth: .* # the document asks for key with scopes that a policy cannot name\n.*nobody has this scope/,
    },
  ],
  ['more scopes than a policy takes', [{ oa: MANY }], { auth: ['key'], scopes: UNDECIDED }],
  [
    'more of them in all alternatives together',
    [{ id: MANY.slice(0, 60) }, { key: MANY.slice(60) }, { key: MANY.slice(0, 60) }],
    { auth: ['id', 'key-2'], scopes: MANY.slice(0, 60).sort() },
  ],
  [
    'and of none that is good for all',
    [{ id: MANY.slice(0, 60) }, { key: MANY.slice(50) }],
    { auth: ['id', 'key-2'], scopes: UNDECIDED, says: /more than 100 scopes; nobody has this scope/ },
  ],
  ['a scheme that is not there', [{ gone: ['r'] }], { auth: ['key'], scopes: ['r'] }],
  [
    'more alternatives than are looked at',
    Array.from({ length: 40 }, (_, i) => ({ oa: [`s${i}`] })),
    { auth: ['key'], scopes: null, anyScope: MANY.slice(0, 30), says: /left out: all but the first 30/ },
  ],
]

for (const [name, security, { auth, scopes, anyScope = null, says }] of SECURITY) {
  t.test(`never more open than the document: ${name}`, async (t) => {
    const document = documentOf({ '/a': { get: { ...REPLIES, security } } }, { components: COMPONENTS })
    const { text } = await taken(document)
    const { outline, problems } = outlined(text)
    t.strictSame(problems, [])
    t.match(outline?.routes[0], { auth, allow: { scopes, anyScope } })
    t.strictSame(outline?.routes[0]?.auth, auth)
    if (says !== undefined) t.match(routeText(text, 'get-a'), says)
    t.strictSame(await driftBetween(text, document), [], 'and drift has nothing to tell of it')
  })
}
