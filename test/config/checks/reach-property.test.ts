import fc from 'fast-check'
import t from 'tap'
import type { Checked } from '../../../src/config/checks/check-policy.ts'
import { checked, routesForHosts, routesOf } from './checking.ts'

const SEGMENTS = ['a', 'A', 'b', ':p', 'b:p', ':p.json', 'c%20d']
const path = fc
  .tuple(fc.array(fc.constantFrom(...SEGMENTS), { maxLength: 2 }), fc.constantFrom('', '/', '/*', '/b*'))
  .map(([segments, end]) => `/${segments.join('/')}${segments.length === 0 ? end.slice(1) : end}`)
const route = fc
  .record({
    path,
    methods: fc.constantFrom('[GET]', '[GET, POST]'),
    hosts: fc.constantFrom('', '', ', hosts: [a.test]', ', hosts: ["*.test"]', ', hosts: ["*.a.test"]'),
    mode: fc.constantFrom('', '', ', path: { case: insensitive }', ', path: { trailing_slash: ignore }'),
  })
  .map(({ path, methods, hosts, mode }) => `match: { path: "${path}", methods: ${methods}${hosts} }${mode}`)
/** Hosts that are answered for, and some of those that are. */
const served = fc.constantFrom(
  { written: '', hosts: ['a.test', 'x.a.test', 'test', 'q'] },
  { written: '[a.test]', hosts: ['a.test'] },
  { written: '["*.test"]', hosts: ['a.test', 'x.a.test', 'y.x.a.test', 'c.test'] },
  { written: '[a.test, "*.a.test"]', hosts: ['a.test', 'x.a.test', 'y.x.a.test'] },
)

const VALUES = ['a', 'A', 'b', 'bz', 'q', 'q.json', 'c%20d', 'Q.JSON']
const PATHS = [
  '/',
  ...VALUES.flatMap((one) => [`/${one}`, `/${one}/`]),
  ...VALUES.flatMap((one) =>
    VALUES.flatMap((two) => [`/${one}/${two}`, `/${one}/${two}/`, `/${one}/${two}/q`]),
  ),
  ...VALUES.flatMap((one) => [`/${one}/q/q/q`, `/${one}/a/b/q/`]),
]

/** Every request there is, in a small world. */
function requestsTo(hosts: readonly string[]) {
  return hosts.flatMap((host) =>
    PATHS.flatMap((path) => ['GET', 'POST'].map((method) => ({ host, path, method }))),
  )
}

function toldIn({ problems }: Checked): string[] {
  const told = problems.filter(({ code }) => code === 'route-unreachable')
  return told.map(({ message }) => /`(r\d)`/.exec(message)?.[1] ?? message)
}

t.test('no request at all gets to a route that is told, however the routes are', async (t) => {
  let count = 0
  fc.assert(
    fc.property(fc.array(route, { minLength: 2, maxLength: 9 }), served, (routes, { written, hosts }) => {
      const listed = routes.map((one, i) => `id: r${i}, ${one}`)
      const result = checked(written === '' ? routesOf(...listed) : routesForHosts(written, ...listed))
      const { policy } = result.compiled
      const told = toldIn(result)
      count += told.length
      const reached = requestsTo(told.length === 0 ? [] : hosts).map(
        ({ host, path, method }) => policy?.find(host, method, path)?.id,
      )
      return !told.some((id) => reached.includes(id))
    }),
    { numRuns: 400 },
  )
  t.ok(count > 0, 'some were told')
})
