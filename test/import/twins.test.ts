import t from 'tap'
import { documentOf, outlined, REPLIES, taken } from './documents.ts'

const UNDECIDED = ['sallyport:undecided']
const header = (name: string) => ({ type: 'apiKey', in: 'header', name })
const login = { type: 'openIdConnect', openIdConnectUrl: 'https://id.example.com' }
const COMPONENTS = {
  securitySchemes: { id: header('x-id'), key: header('x-the-key'), api: header('x-api-key'), oa: login },
}

const post = (operationId: string, security?: object[]) => ({
  post: { ...REPLIES, operationId, ...(security === undefined ? {} : { security }) },
})

interface Twins {
  readonly name: string
  readonly paths: object
  readonly auth: readonly string[]
  readonly scopes: readonly string[] | null
  readonly anyScope?: readonly string[]
  readonly says: RegExp
}

const UPLOAD = '/files/{id}'
const PURGE = '/files/{id}:purge'
const TWINS: readonly Twins[] = [
  {
    name: 'purge needs what purge asks for, though upload has the route (I2)',
    paths: { [UPLOAD]: post('route', []), [PURGE]: post('purge', [{ oa: ['admin'] }]) },
    auth: ['key'],
    scopes: ['admin'],
    says: /also gets requests of purge, #\/paths\/~1files~1\{id\}:purge\/post: it asks for what both ask for/,
  },
  {
    name: 'whichever stands first',
    paths: { [PURGE]: post('route', [{ oa: ['admin'] }]), [UPLOAD]: post('upload', []) },
    auth: ['key'],
    scopes: ['admin'],
    says: /also gets requests of upload/,
  },
  {
    name: 'scopes of both',
    paths: { [UPLOAD]: post('route', [{ oa: ['w'] }]), [PURGE]: post('purge', [{ api: ['admin'] }]) },
    auth: ['key'],
    scopes: ['w', 'admin'],
    says: /also gets requests of purge/,
  },
  {
    name: 'no credential is good for both',
    paths: { [UPLOAD]: post('route', [{ id: [] }]), [PURGE]: post('purge', [{ key: [] }]) },
    auth: ['id'],
    scopes: UNDECIDED,
    says: /# no credential is good for both operations\n.*nobody has this scope/,
  },
  {
    name: 'only the credentials that are good for both',
    paths: {
      [UPLOAD]: post('route', [{ id: [] }, { key: [] }]),
      [PURGE]: post('purge', [{ key: ['x', 'r'] }, { key: ['x', 'w'] }]),
    },
    auth: ['key-2'],
    scopes: ['x'],
    anyScope: ['r', 'w'],
    says: /also gets requests of purge/,
  },
  {
    name: 'any of the scopes that are enough for both',
    paths: {
      [UPLOAD]: post('route', [{ key: ['a'] }, { key: ['r'] }]),
      [PURGE]: post('purge', [{ key: ['r'] }, { key: ['w'] }]),
    },
    auth: ['key-2'],
    scopes: null,
    anyScope: ['r'],
    says: /also gets requests of purge/,
  },
  {
    name: 'all, where none is enough for both',
    paths: {
      [UPLOAD]: post('route', [{ key: ['a'] }, { key: ['b'] }]),
      [PURGE]: post('purge', [{ key: ['c'] }, { key: ['d'] }]),
    },
    auth: ['key-2'],
    scopes: ['a', 'b', 'c', 'd'],
    says: /also gets requests of purge/,
  },
  {
    name: 'optional for both stays optional',
    paths: { [UPLOAD]: post('route', [{}, { id: [] }]), [PURGE]: post('purge') },
    auth: ['id', 'none'],
    scopes: null,
    says: /also gets requests of purge/,
  },
  {
    name: 'a path that a pattern widens takes requests of a wider template',
    paths: { [PURGE]: post('route', []), '/{folder}/{id}': post('store', [{ oa: ['admin'] }]) },
    auth: ['key'],
    scopes: ['admin'],
    says: /also gets requests of store/,
  },
]

for (const { name, paths, auth, scopes, anyScope = null, says } of TWINS) {
  t.test(`one route for two operations: ${name}`, async (t) => {
    const { text } = await taken(documentOf(paths, { components: COMPONENTS }))
    const { outline, problems } = outlined(text)
    t.strictSame(problems, [])
    const route = outline?.routes.find(({ id }) => id === 'route')
    t.match(route, { allow: { scopes, anyScope } })
    t.strictSame(route?.auth, auth)
    t.match(text, says)
  })
}

t.test('a route whose twins ask for the same says nothing of them but in the end', async (t) => {
  const paths = { [UPLOAD]: post('route', [{ id: [] }]), [PURGE]: post('purge', [{ id: [] }]) }
  const { text, leftOut } = await taken(documentOf(paths, { components: COMPONENTS }))
  t.notMatch(text, /also gets/)
  t.equal(leftOut.length, 1)
})

t.test('many twins are told in short', async (t) => {
  const others = Array.from({ length: 9 }, (_, i) => [`/files/{id}:do${i}`, post(`do${i}`, [{ id: [] }])])
  const { text } = await taken(
    documentOf({ [UPLOAD]: post('route', []), ...Object.fromEntries(others) }, { components: COMPONENTS }),
  )
  t.equal(text.split('# also gets requests of ').length - 1, 6)
  t.match(text, /also gets requests of 4 more/)
})

t.test(
  'more operations than a policy has routes for are no policy: others would take their requests',
  async (t) => {
    const paths = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`/p${i}`, { get: REPLIES }]))
    await t.rejects(taken(documentOf(paths)), /at most 10000 routes, and the document more operations/)
  },
)
