import t from 'tap'
import { checked, found, policyOf, routesForHosts, routesOf } from './checking.ts'

const unreachable = (text: string) =>
  checked(text)
    .problems.filter(({ code }) => code === 'route-unreachable')
    .map(({ line, message }) => `${line}: ${message.replace('every request of the route ', '')}`)

t.test('a route whose forms are all taken by more specific paths is told', async (t) => {
  t.strictSame(
    unreachable(
      routesOf(
        'id: all, match: { path: /a/* }',
        'id: self, match: { path: /a/ }',
        'id: one, match: { path: "/a/:x" }',
        'id: below, match: { path: "/a/:x/*" }',
      ),
    ),
    ['5: `all` goes to `below`, `one` and `self`'],
  )
})

t.test('one form that is left makes it reachable', async (t) => {
  const routes = [
    'id: all, match: { path: /a/* }',
    'id: self, match: { path: /a/ }',
    'id: one, match: { path: "/a/:x" }',
  ]
  t.strictSame(unreachable(routesOf(...routes)), [])
  t.strictSame(unreachable(routesOf(...routes, 'id: below, match: { path: "/a/:x/b/*" }')), [])
})

t.test('one method that is left makes it reachable', async (t) => {
  const few = 'match: { path: "/:x", methods: [GET] }'
  t.strictSame(unreachable(routesOf(`id: a, ${few}, path: { case: insensitive }`, `id: b, ${few}`)), [
    '5: `a` goes to `b`',
  ])
  t.strictSame(
    unreachable(routesOf('id: a, match: { path: "/:x" }, path: { case: insensitive }', `id: b, ${few}`)),
    [],
  )
})

t.test('a spelling that is left makes a route that ignores case reachable', async (t) => {
  const folded = 'id: any, match: { path: /x1 }, path: { case: insensitive }'
  const [small, large] = ['id: small, match: { path: /x1 }', 'id: large, match: { path: /X1 }']
  t.strictSame(unreachable(routesOf(folded, small)), [])
  t.strictSame(unreachable(routesOf(folded, small, large)), ['5: `any` goes to `small` and `large`'])
})

t.test('nothing is said of a spelling that was not looked for', async (t) => {
  const small = Array.from({ length: 64 }, (_, bits) =>
    [...'abcdef'].map((letter, i) => ((bits >> i) % 2 === 1 ? letter.toUpperCase() : letter)).join(''),
  )
  const folded = (path: string) => `id: any, match: { path: ${path} }, path: { case: insensitive }`
  const written = (end: string) => small.map((one, i) => `id: r${i}, match: { path: /${one}${end} }`)
  t.strictSame(unreachable(routesOf(folded('/abcdef'), ...written(''))).length, 1)
  t.strictSame(unreachable(routesOf(folded('/abcdefg'), ...written('g'))), [])
})

t.test('what follows a literal in its segment may be nothing, text or a slash', async (t) => {
  const others = ['/b', '/b:x', '/b/:y', '/b/:y/*', '/b:x/*']
  const routes = ['/b*', ...others].map((path, i) => `id: r${i}, match: { path: "${path}" }`)
  t.match(unreachable(routesOf(...routes)), [/^5: `r0` goes to /])
  for (const i of ['/b:x', '/b:x/*'].map((path) => others.indexOf(path) + 1)) {
    t.strictSame(unreachable(routesOf(...routes.toSpliced(i, 1))), [])
  }
})

t.test('a wildcard within one that is answered for is looked at', async (t) => {
  const match = 'match: { path: "/:x", hosts: ["*.a.test"] }'
  const routes = [`id: a, ${match}, path: { case: insensitive }`, `id: b, ${match}`]
  t.strictSame(unreachable(routesForHosts('["*.test"]', ...routes)), ['6: `a` goes to `b`'])
})

t.test('a route that is shadowed on every host that is served is told', async (t) => {
  const routes = ['id: here, match: { path: /a }', 'id: there, match: { path: /*, hosts: [a.test] }']
  t.strictSame(unreachable(routesForHosts('[a.test]', ...routes)), ['6: `here` goes to `there`'])
  t.strictSame(unreachable(routesForHosts('[a.test, b.test]', ...routes)), [])
  t.strictSame(unreachable(routesOf(...routes)), [])
})

t.test('hosts below a wildcard count, too', async (t) => {
  const wild = ['id: wide, match: { path: /*, hosts: ["*.a.test"] }', 'id: b, match: { path: /b }']
  t.strictSame(unreachable(routesForHosts('["*.x.a.test", y.a.test]', ...wild)), ['7: `b` goes to `wide`'])
  t.strictSame(unreachable(routesForHosts('["*.a.test", a.test]', ...wild)), [])
  const narrow = ['id: narrow, match: { path: /*, hosts: ["*.x.a.test"] }', 'id: b, match: { path: /b }']
  t.strictSame(unreachable(routesForHosts('["*.a.test"]', ...narrow)), [])
})

t.test('a slash that is ignored is no path of its own when another route writes it', async (t) => {
  const ignoring = 'id: a, match: { path: "/a/:x" }, path: { trailing_slash: ignore }'
  t.strictSame(unreachable(routesOf(ignoring, 'id: b, match: { path: "/a/:x/" }')), [])
})

t.test('requests that change something need a credential', async (t) => {
  const route = (more: string, match = '') => routesOf(`id: a, match: { path: /a${match} }${more}`)
  t.strictSame(found(route(', auth: none')), ['5 write-without-auth'])
  t.strictSame(found(route(', auth: [key, none]')), ['5 write-without-auth'])
  t.strictSame(found(route(', auth: none', ', methods: [GET, DELETE]')), ['5 write-without-auth'])
  t.strictSame(found(route(', auth: none', ', methods: [MKCOL]')), ['5 write-without-auth'])
  t.strictSame(found(route(', auth: none', ', methods: [GET, OPTIONS, SEARCH]')), [])
  t.strictSame(found(route('')), [])
  t.strictSame(
    found(route(', auth: [key, none], allow: { roles: [writer] }')).filter((one) => /write-/.test(one)),
    [],
    'nobody without a key has a role',
  )
})

t.test('a route that inherits its auth is the place, its own auth goes before', async (t) => {
  const text = policyOf(
    'upstreams: { api: { url: http://127.0.0.1:3000 } }',
    'defaults: { upstream: api, auth: none }',
    'routes:',
    '  - id: inherits',
    '    match: { path: /a }',
    '  - id: writes',
    '    match: { path: /b }',
    '    auth: none',
  )
  t.strictSame(found(text), ['5 write-without-auth', '9 write-without-auth'])
})
