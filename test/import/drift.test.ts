import t from 'tap'
import { documentOf, driftBetween, REPLIES } from './documents.ts'

const KEY = { components: { securitySchemes: { k: { type: 'apiKey', in: 'header', name: 'x-api-key' } } } }
const SECURED = { ...REPLIES, security: [{ k: [] }] }

function policyOf(routes: readonly string[], top = ''): string {
  const lines = routes.map((route, i) => `  - { id: r${i}, ${route} }`)
  return `version: 1
upstreams: { api: { url: http://127.0.0.1:3000 } }
defaults: { upstream: api, auth: [key] }
${top}
routes:
${lines.join('\n')}
`
}

const CASES: readonly (readonly [
  name: string,
  paths: object,
  routes: readonly string[],
  found: readonly string[],
])[] = [
  ['nothing', { '/a/{x}': { get: SECURED } }, ['match: { path: /a/:id, methods: [GET] }'], []],
  [
    'a route that serves more than the document has (I6)',
    { '/api/orders': { get: SECURED } },
    ['match: { path: /api/*, methods: [GET] }'],
    ['path-not-described r0 null /api/* 6'],
  ],
  [
    'a parameter where the document has names only',
    { '/a/x': { get: SECURED }, '/a/y': { get: SECURED, post: SECURED }, '/a/{z}': { post: SECURED } },
    ['match: { path: /a/:id, methods: [GET, POST] }'],
    ['path-not-described r0 null /a/:id 6'],
  ],
  [
    'narrower routes than the document’s paths',
    { '/a/{x}': { get: SECURED } },
    [
      'match: { path: "/a/:id.json", methods: [GET] }',
      'match: { path: /a/:id, methods: [GET] }',
      'match: { path: /a/x0x, methods: [GET] }',
    ],
    ['route-not-described r0 null /a/:id.json 6', 'route-not-described r1 null /a/:id 7'],
  ],
  [
    'an optional segment, upper and lower case',
    { '/A': { get: SECURED }, '/A/{x}': { get: SECURED } },
    ['match: { path: "/a/:id?", methods: [GET] }, path: { case: insensitive }'],
    [],
  ],
  [
    'braces around a slash are no parameter',
    { '/{/}': { get: SECURED } },
    ['match: { path: /%7B/%7D, methods: [GET] }'],
    [],
  ],
  [
    'a path that a pattern cannot say',
    { '/a/{x}:do': { post: SECURED } },
    ['match: { path: /a/:x, methods: [POST] }'],
    [],
  ],
  [
    'a route without the scopes of its operation (I6)',
    { '/a': { get: { ...REPLIES, security: [{ k: ['write'] }] } } },
    ['match: { path: /a, methods: [GET] }'],
    ['scopes-not-asked r0 GET /a 6'],
  ],
  [
    'a route with only some of them',
    { '/a': { get: { ...REPLIES, security: [{ k: ['r', 'w'] }, { k: ['x'] }] } } },
    ['match: { path: /a, methods: [GET] }, allow: { scopes: [r], any_scope: [w, y] }'],
    ['scopes-not-asked r0 GET /a 6'],
  ],
  [
    'a route with the scopes of one alternative, or with more',
    { '/a': { get: { ...REPLIES, security: [{ k: ['r', 'w'] }, { k: ['x'] }] } } },
    ['match: { path: /a, methods: [GET] }, allow: { scopes: [r, more], any_scope: [w, x] }'],
    [],
  ],
  [
    'an operation that no route serves',
    { '/a': { get: SECURED }, '/b': { get: SECURED } },
    ['match: { path: /a, methods: [GET] }'],
    ['operation-not-served null GET /b null'],
  ],
  [
    'a method that no route serves',
    { '/a': { get: SECURED, post: SECURED } },
    ['match: { path: /a, methods: [GET] }'],
    ['method-not-served null POST /a null'],
  ],
  [
    'a route that no operation comes to',
    { '/a': { get: SECURED } },
    ['match: { path: /a, methods: [GET] }', 'match: { path: /old, methods: [GET] }'],
    ['route-not-described r1 null /old 7'],
  ],
  [
    'methods that no operation has',
    { '/a': { get: SECURED } },
    ['match: { path: /a }'],
    ['method-not-described r0 null /a 6'],
  ],
  [
    'a credential that the route does not ask for',
    { '/a': { get: SECURED } },
    ['match: { path: /a, methods: [GET] }, auth: [key, none]'],
    ['credential-not-asked r0 GET /a 6'],
  ],
  [
    'a credential that the document does not ask for',
    { '/a': { get: REPLIES } },
    ['match: { path: /a, methods: [GET] }'],
    ['credential-not-described r0 GET /a 6'],
  ],
  [
    'an optional credential fits both',
    { '/a': { get: { ...REPLIES, security: [{}, { k: [] }] } } },
    ['match: { path: /a, methods: [GET] }'],
    [],
  ],
  [
    'routes of hosts',
    { '/a': { get: SECURED } },
    ['match: { path: /a, methods: [GET], hosts: ["*.example.com"] }, auth: none'],
    ['credential-not-asked r0 GET /a 6'],
  ],
  [
    'TRACE is nobody’s',
    { '/a': { get: SECURED, trace: SECURED } },
    ['match: { path: /a, methods: [GET] }'],
    [],
  ],
]

for (const [name, paths, routes, wanted] of CASES) {
  t.test(`drift: ${name}`, async (t) => {
    const drift = await driftBetween(policyOf(routes), documentOf(paths, KEY))
    t.strictSame(
      drift.map(({ code, route, method, path, line }) =>
        [code, route, method, path, line].map(String).join(' '),
      ),
      wanted,
    )
  })
}

t.test('the base path of the servers stands in front', async (t) => {
  const document = documentOf(
    { '/a': { get: SECURED } },
    { ...KEY, servers: [{ url: 'https://x.example/v1/' }] },
  )
  t.strictSame(await driftBetween(policyOf(['match: { path: /v1/a, methods: [GET] }']), document), [])
  t.equal((await driftBetween(policyOf(['match: { path: /a, methods: [GET] }']), document)).length, 2)
})

t.test('what scopes are asked for stands in the message', async (t) => {
  const document = documentOf(
    { '/a': { get: { ...REPLIES, security: [{ k: ['r', 'w'] }, { k: ['x'] }] } } },
    KEY,
  )
  const [none] = await driftBetween(policyOf(['match: { path: /a, methods: [GET] }']), document)
  t.match(none?.message, /asks for the scopes r and w, or x, the route r0 for none$/)
  const allow = 'allow: { scopes: [r], any_scope: [y, z] }'
  const [some] = await driftBetween(policyOf([`match: { path: /a, methods: [GET] }, ${allow}`]), document)
  t.match(some?.message, /the route r0 for r and any of y, z$/)
})

t.test('only hosts that are answered for are asked', async (t) => {
  const routes = [
    'match: { path: /a, methods: [GET] }',
    'match: { path: /a, methods: [GET], hosts: [b.example] }, auth: none',
  ]
  const drift = await driftBetween(
    policyOf(routes, 'hosts: [a.example, b.example]'),
    documentOf({ '/a': { get: SECURED } }, KEY),
  )
  t.match(drift, [{ code: 'credential-not-asked', route: 'r1' }])
  t.equal(drift.length, 1)
})
