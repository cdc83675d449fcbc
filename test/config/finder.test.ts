import fc from 'fast-check'
import t from 'tap'
import { canonicalPath, isPathRefusal } from '../../src/core/path.ts'
import { goodPolicy } from './compiling.ts'
import { type NaiveRoute, naiveFind } from './naive-matcher.ts'

function policyOf(routes: readonly string[]) {
  const listed = routes.map((route, i) => `  - { id: r${i}, ${route} }`)
  return goodPolicy(`version: 1
upstreams: { api: { url: http://127.0.0.1:3000 } }
defaults: { upstream: api, auth: none }
routes:
${listed.join('\n')}
`).policy
}

function finderOf(...routes: string[]) {
  const { find } = policyOf(routes)
  return (path: string, method = 'GET', host = 'a') => find(host, method, path)?.id ?? null
}

t.test('a route without methods has the usual ones', async (t) => {
  const find = finderOf('match: { path: /a }')
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
    t.equal(find('/a', method), 'r0')
  for (const method of ['PROPFIND', 'TRACE', 'CONNECT', 'get', '', '__proto__'])
    t.equal(find('/a', method), null)
})

t.test('HEAD is there wherever GET is, and only there', async (t) => {
  t.equal(finderOf('match: { path: /a, methods: [GET] }')('/a', 'HEAD'), 'r0')
  t.equal(finderOf('match: { path: /a, methods: [POST] }')('/a', 'HEAD'), null)
})

t.test('a wildcard is what is below, not the path itself', async (t) => {
  const find = finderOf('match: { path: /a/* }')
  t.equal(find('/a/b/c'), 'r0')
  t.equal(find('/a/'), 'r0')
  t.equal(find('/a'), null)
  t.equal(find('/ab'), null)
})

t.test('an empty last segment is no value of a parameter', async (t) => {
  const find = finderOf('match: { path: "/a/:id" }', 'match: { path: /a }')
  t.equal(find('/a/'), null)
  t.equal(find('/a/1'), 'r0')
  t.equal(find('/a'), 'r1')
})

t.test('an optional parameter may be left out', async (t) => {
  const find = finderOf('match: { path: "/a/:id?" }', 'match: { path: "/:x?" }')
  t.equal(find('/a'), 'r0')
  t.equal(find('/a/1'), 'r0')
  t.equal(find('/'), 'r1')
  t.equal(find('/b'), 'r1')
})

t.test('the most specific pattern wins, whatever the order', async (t) => {
  const patterns = [
    'match: { path: /* }',
    'match: { path: "/:a/b" }',
    'match: { path: "/a/:x.json" }',
    'match: { path: "/a/:x" }',
    'match: { path: /a/b }',
  ]
  const find = finderOf(...patterns)
  t.equal(find('/a/b'), 'r4')
  t.equal(find('/a/c'), 'r3')
  t.equal(find('/a/c.json'), 'r2')
  t.equal(find('/c/b'), 'r1')
  t.equal(find('/a/b/c'), 'r0')
})

t.test('escapes are compared as they are sent, never decoded', async (t) => {
  const find = finderOf(
    'match: { path: "/a%2525b" }',
    'match: { path: "/a%25b" }',
    'match: { path: "/f%2Fg" }, path: { encoded_slash: allow }',
    'match: { path: /f/g }',
    'match: { path: "/q%3Fx" }',
    'match: { path: /q }',
    'match: { path: "/caf%c3%a9" }',
    'match: { path: "/%7Etilde/x%20y" }',
    'match: { path: "/time/12::30" }',
  )
  t.equal(find('/a%2525b'), 'r0')
  t.equal(find('/a%25b'), 'r1')
  t.equal(find('/f%2Fg'), 'r2')
  t.equal(find('/f/g'), 'r3')
  t.equal(find('/q%3Fx'), 'r4')
  t.equal(find('/q'), 'r5')
  t.equal(find('/caf%C3%A9'), 'r6')
  t.equal(find('/~tilde/x%20y'), 'r7')
  t.equal(find('/time/12:30'), 'r8')
  t.equal(find('/q%23x'), null)
})

t.test('a segment of any length is a value', async (t) => {
  const find = finderOf('match: { path: "/a/:id" }', 'match: { path: "/b/:id.json" }')
  t.equal(find(`/a/${'x'.repeat(8000)}`), 'r0')
  t.equal(find(`/b/${'.json'.repeat(2000)}`), 'r1')
})

t.test('case is told apart unless the route says otherwise', async (t) => {
  const find = finderOf(
    'match: { path: /Api/One }',
    'match: { path: "/Api/:x.JSON" }, path: { case: insensitive }',
  )
  t.equal(find('/Api/One'), 'r0')
  t.equal(find('/api/one'), null)
  t.equal(find('/API/a.json'), 'r1')
})

t.test('a specific route that ignores case goes before a general one that does not', async (t) => {
  const find = finderOf('match: { path: /api/* }', 'match: { path: /api/admin }, path: { case: insensitive }')
  t.equal(find('/api/ADMIN'), 'r1')
  t.equal(find('/api/other'), 'r0')
})

t.test(
  'a trailing slash is ignored where the route says so, and a route of its own goes first',
  async (t) => {
    const find = finderOf(
      'match: { path: /a }, path: { trailing_slash: ignore }',
      'match: { path: "/b/:id" }, path: { trailing_slash: ignore }',
      'match: { path: /c }, path: { trailing_slash: ignore }',
      'match: { path: /c/ }',
      'match: { path: /d }',
    )
    t.equal(find('/a/'), 'r0')
    t.equal(find('/b/1/'), 'r1')
    t.equal(find('/b/'), null)
    t.equal(find('/c/'), 'r3')
    t.equal(find('/d/'), null)
  },
)

t.test('exact hosts go before wildcards, and these before routes for every host', async (t) => {
  const find = finderOf(
    'match: { path: /* }',
    'match: { path: /*, hosts: ["*.example.com"] }',
    'match: { path: /*, hosts: ["*.api.example.com"] }',
    'match: { path: /a, hosts: [V1.api.example.com] }',
  )
  t.equal(find('/a', 'GET', 'v1.api.example.com'), 'r3')
  t.equal(find('/b', 'GET', 'v1.api.example.com'), 'r2')
  t.equal(find('/a', 'GET', 'www.example.com'), 'r1')
  t.equal(find('/a', 'GET', 'example.com'), 'r0')
  t.equal(find('/a', 'GET', '.example.com'), 'r0')
})

const SEGMENTS = [
  'a',
  'b',
  'ab',
  'A',
  'x%2Fy',
  '%25',
  '%2525',
  '%3F',
  '%20',
  '%C3%A9',
  '~',
  ':',
  '*',
  'a.b',
  'x-y',
]
const HOSTS = ['a.test', 'b.test', 'x.a.test', 'test']
const segment = fc.constantFrom(...SEGMENTS)
const patternSegment = fc.oneof(
  { weight: 3, arbitrary: segment.filter((one) => one !== '*') },
  { weight: 1, arbitrary: fc.constant(':p') },
)

/** No two parameters of a path have one name. */
function named(segment: string, place: number): string {
  return segment === ':p' ? `:p${place}` : segment
}

const pattern = fc
  .tuple(fc.array(patternSegment, { maxLength: 3 }), fc.constantFrom('', '/', '/*'))
  .map(([segments, end]) => [segments.map(named), end] as const)
  .map(([segments, end]) => `/${segments.join('/')}${segments.length === 0 ? end.slice(1) : end}`)

const naiveRoute = fc.record({
  path: pattern,
  methods: fc.constantFrom(['GET', 'HEAD'], ['POST'], ['GET', 'HEAD', 'POST']),
  hosts: fc.constantFrom(null, null, ['a.test'], ['*.test'], ['*.a.test', 'b.test']),
  isFolded: fc.boolean(),
  ignoresSlash: fc.boolean(),
})

/** Routes of which no two tie, as a policy that loads has them. */
const naiveRoutes = fc.array(naiveRoute, { minLength: 1, maxLength: 12 }).map((list) => {
  const taken = new Set<string>()
  return list.flatMap((route, i): NaiveRoute[] => {
    const shape = route.isFolded ? route.path.toLowerCase() : route.path
    const places = (route.hosts ?? ['']).flatMap((host) =>
      route.methods.map((m) => `${host} ${m} ${route.isFolded} ${shape}`),
    )
    if (places.some((place) => taken.has(place))) return []
    for (const place of places) taken.add(place)
    return [{ ...route, id: `r${i}` }]
  })
})

const requestPath = fc
  .tuple(fc.array(segment, { maxLength: 4 }), fc.constantFrom('', '/'))
  .map(([segments, end]) => `/${segments.join('/')}${segments.length === 0 ? '' : end}`)

function yamlOf(routes: readonly NaiveRoute[]): string {
  const lines = routes.map(({ id, path, methods, hosts, isFolded, ignoresSlash }) => {
    const written = path.replaceAll(/:(?!p)/g, '::')
    const match = JSON.stringify({ path: written, methods, ...(hosts && { hosts }) })
    const options = `{ encoded_slash: allow, case: ${isFolded ? 'in' : ''}sensitive, trailing_slash: ${ignoresSlash ? 'ignore' : 'strict'} }`
    return `  - { id: ${id}, match: ${match}, path: ${options} }`
  })
  return `version: 1\nupstreams: { api: { url: http://127.0.0.1:3000 } }\ndefaults: { upstream: api, auth: none }\nroutes:\n${lines.join('\n')}\n`
}

t.test('for every canonical path the route is the one that a naive matcher finds', async (t) => {
  const request = fc.tuple(
    requestPath,
    fc.constantFrom(...HOSTS),
    fc.constantFrom('GET', 'HEAD', 'POST', 'PUT'),
  )
  fc.assert(
    fc.property(naiveRoutes, fc.array(request, { minLength: 1, maxLength: 20 }), (routes, requests) => {
      const { policy } = goodPolicy(yamlOf(routes))
      for (const [path, host, method] of requests) {
        const canonical = canonicalPath(path)
        if (isPathRefusal(canonical)) continue
        const found = policy.find(host, method, canonical.path)?.id ?? null
        const wanted = naiveFind(routes, host, method, canonical.path)
        if (found !== wanted) throw new Error(`${method} ${host}${canonical.path}: ${found}, not ${wanted}`)
      }
    }),
    { numRuns: 500 },
  )
  t.pass()
})
