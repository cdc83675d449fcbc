import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { CHECK_CODES } from '../../../src/config/checks/codes.ts'
import { checked, dayIn } from './checking.ts'

const some = <T>(...values: readonly T[]) => fc.constantFrom(...values)
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

const upstream = some<object>(
  { url: 'http://127.0.0.1:3000' },
  { url: 'http://api.example.com/base' },
  { targets: ['http://[2001:db8::1]:1', 'http://10.0.0.1', 'http://a.test'] },
  { url: 'https://api.example.com', tls: { verify: false } },
)
const by = some<string | string[]>(
  'ip',
  'key',
  'global',
  ['ip', 'route'],
  ['key', 'org'],
  ['global', 'subject'],
)
const amount = some<object>(
  { rate: '1/second' },
  { rate: '60/minute', burst: '1/second' },
  { rate: '60/minute', burst: '5/second', quota: '500/day' },
  { quota: '10/day', concurrent: 3 },
  { concurrent: 1 },
)
const limit = fc.tuple(by, amount).map(([by, amount]) => ({ by, ...amount }))
const limitNames = fc.subarray(['l0', 'l1', 'l2'])
const key = fc.record(
  {
    org: some('acme', 'other'),
    scopes: fc.subarray(['a', 'b']),
    roles: fc.subarray(['x']),
    limits: limitNames,
    routes: some(['r0']),
    expires: some(dayIn(-1), dayIn(3), dayIn(300)),
    revoked: fc.boolean(),
  },
  { requiredKeys: [] },
)
const path = some(
  '/',
  '/*',
  '/a',
  '/A',
  '/a/*',
  '/a*',
  '/:x',
  '/:x?',
  '/:x.json',
  '/a/:x/b',
  '/caf%C3%A9/*',
  '/a::b',
  '/%F3%B0%80%80',
)
const route = fc.record(
  {
    match: fc.record(
      {
        path,
        methods: fc.subarray(['GET', 'POST', 'MKCOL', 'OPTIONS'], { minLength: 1 }),
        hosts: fc.subarray(['a.test', '*.test', '*.a.test'], { minLength: 1 }),
      },
      { requiredKeys: ['path'] },
    ),
    auth: some<string | string[]>('none', 'key', ['key', 'none']),
    allow: some<object>({ scopes: ['a'] }, { any_scope: ['a', 'b'], orgs: ['acme'] }, { roles: ['x'] }),
    limits: fc.subarray(['l0', 'l1', 'l2'], { maxLength: 2 }),
    path: some<object>({ case: 'insensitive' }, { trailing_slash: 'ignore' }),
    validate: some<object>(
      { body: './order.json' },
      { max_body: '1GB', body: './order.json' },
      { max_body: '1KB' },
    ),
    forward_credential: fc.boolean(),
    headers: some<object>({ request: { set: { authorization: 'Basic YTpi' } } }),
    mode: some('report', 'enforce'),
  },
  { requiredKeys: ['match'] },
)
/** Nobody there has what `allow` asks for, so that such a file would be refused. */
const sensibleRoute = route.map(({ allow, ...one }) =>
  one.auth === 'none' || allow === undefined ? one : { ...one, allow },
)
const policy = fc.record({
  upstream,
  limits: fc.tuple(limit, limit, limit),
  keys: maybe(fc.array(key, { minLength: 1, maxLength: 4 })),
  routes: fc.array(sensibleRoute, { minLength: 1, maxLength: 5 }),
  hosts: maybe(some(['*.test'], ['a.test', '*.a.test'])),
  defaults: some<object>({ auth: 'key' }, { auth: ['key', 'none'] }, { auth: 'key', limits: ['l0', 'l1'] }),
})
const pattern = some(
  '^(a+)+$',
  'a[ab]{400}c',
  '\\pL+',
  '[^b]+',
  '[[:alpha:]]',
  '(?P<n>a)',
  '(?i)a|b',
  '',
  '^$',
)
const schema = fc.record({
  properties: fc.record({
    a: fc.record({ pattern, maxLength: some(5, 10_000) }, { requiredKeys: ['pattern'] }),
  }),
  patternProperties: maybe(some({ '^(?:x+)+$': {} })),
})

/** JSON is YAML; in this order the comments can be put in. */
function textOf(
  { upstream, limits, keys, routes, hosts, defaults }: ReturnType<typeof policyType>,
  allows: readonly string[],
): string {
  const line = (key: string, value: unknown) =>
    value === undefined ? [] : [...allows, `${key}: ${JSON.stringify(value)}`]
  const hash = (i: number) => `sha256:${String(i).padStart(64, '0')}`
  return [
    'version: 1',
    ...line('upstreams', { api: upstream }),
    ...line('limits', Object.fromEntries(limits.map((one, i) => [`l${i}`, one]))),
    ...line(
      'keys',
      keys?.map((one, i) => ({ id: `k${i}`, hash: hash(i), ...one })),
    ),
    ...line('hosts', hosts),
    ...line('defaults', { upstream: 'api', ...defaults }),
    ...line(
      'routes',
      routes.map((one, i) => ({ id: `r${i}`, ...one })),
    ),
    '',
  ].join('\n')
}
declare function policyType(): typeof policy extends fc.Arbitrary<infer T> ? T : never

const comment = fc.oneof(
  some(
    '# sallyport-allow write-without-auth: a public form',
    '# sallyport-allow write-without-auth',
    '# sallyport-allow x: y',
    '#',
  ),
  fc.string({ maxLength: 30 }).map((text) => `# sallyport-allow ${text.replace(/[\r\n]/g, '')}`),
)

t.test('no check throws on a file that compiles, and each problem has a code and a place', async (t) => {
  let good = 0
  fc.assert(
    fc.property(policy, schema, fc.array(comment, { maxLength: 3 }), (settings, body, comments) => {
      const text = textOf(settings, comments)
      const { compiled, problems, silenced } = checked(text, {
        files: { './order.json': JSON.stringify(body) },
      })
      if (compiled.policy !== null) good++
      const lines = text.split('\n').length
      for (const { code, severity, line, col, message } of [...problems, ...silenced]) {
        const isPlaced = line >= 1 && line <= lines && col >= 1
        if (!isPlaced || severity !== CHECK_CODES[code].severity || message.includes('undefined'))
          return false
      }
      return compiled.policy === null || problems.every(({ severity }) => severity !== 'error')
    }),
    { numRuns: 200 },
  )
  t.ok(good > 20, `${good} of them compile`)
})

const CASES = new URL('../../cases/config/', import.meta.url)

for (const name of readdirSync(CASES).filter((file) => file.endsWith('.yaml'))) {
  t.test(`${name} is told the same problems as by the compiler, and perhaps more`, async (t) => {
    const { compiled, problems } = checked(readFileSync(new URL(name, CASES), 'utf8'))
    const told = new Set(problems.map(({ line, message }) => `${line} ${message}`))
    t.strictSame(
      compiled.problems.map(({ line, message }) => `${line} ${message}`).filter((one) => !told.has(one)),
      [],
    )
  })
}
