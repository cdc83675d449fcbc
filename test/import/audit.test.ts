import fc from 'fast-check'
import t from 'tap'
import { canonicalPath, isPathRefusal } from '../../src/core/path.ts'
import { friendly } from '../../src/import/friendly.ts'
import { looksLikeId, MAX_SIBLINGS } from '../../src/import/paths-seen.ts'
import { Rates } from '../../src/import/rates.ts'
import { asKey, auditLine, learnt } from './audit-lines.ts'
import { outlined, routeText } from './documents.ts'

const IDS = [
  '7',
  '20261120',
  '2026-11-20',
  'a3f0c0de',
  '6f9619ff-8b86-d011-b42d-00cf4fc964ff',
  'ord_12345',
  'a%2Fb',
]
IDS.push('01ARZ3NDEKTSV4RRFFQ69G5FAV', 'ada@example.com', 'x'.repeat(61), 'a+b')
const NAMES = [
  'orders',
  'v1',
  'order-items',
  'wp-admin.php',
  'deadbeef',
  'facade',
  'api-v2',
  'Übersicht',
  '',
  'a:b',
]

t.test('what looks like an id, and what like a name', async (t) => {
  for (const id of IDS) t.equal(looksLikeId(id), true, id)
  for (const name of NAMES) t.equal(looksLikeId(name), false, name)
})

async function pathsOf(lines: readonly string[]): Promise<string[]> {
  const { text } = await learnt(lines)
  return (
    outlined(text)
      .outline?.routes.map(({ match }) => match.path)
      .sort() ?? []
  )
}

t.test('ids become parameters, names stay', async (t) => {
  const paths = ['/orders', '/orders/7', '/orders/8/items', '/orders/export', '/', '/orders/7/']
  t.strictSame(await pathsOf(paths.map((path, i) => auditLine(i, { path }))), [
    ...['/', '/orders', '/orders/:id', '/orders/:id/', '/orders/:id/items', '/orders/export'],
  ])
})

t.test('many names at one place become a parameter, but not at the first', async (t) => {
  const names = Array.from(
    { length: MAX_SIBLINGS + 1 },
    (_, i) => `${String.fromCharCode(97 + (i % 26))}x${'y'.repeat(i / 26)}`,
  )
  const lines = names.flatMap((name, i) => [
    auditLine(i, { path: `/users/${name}/posts` }),
    auditLine(i, { path: `/${name}` }),
    auditLine(i, { path: '/users/' }),
  ])
  t.strictSame(
    await pathsOf(lines),
    [...names.map((name) => `/${name}`), '/users/', '/users/:id/posts'].sort(),
  )
  t.strictSame(
    (await pathsOf(lines.slice(3))).filter((path) => path.includes(':')),
    [],
    'one fewer stay names',
  )
  t.match((await learnt(lines)).text, /a parameter stands for more than 30 names, such as ax, bx, cx/)
})

t.test('methods, keys, statuses and pages are told where they were seen', async (t) => {
  const { text } = await learnt([
    auditLine(0, { path: '/a', method: 'POST', ...asKey('acme-prod') }),
    auditLine(1, { path: '/a', ...asKey('acme-prod') }),
    auditLine(2, { path: '/a', method: 'HEAD', status: 500, ...asKey('other') }),
    auditLine(3, { path: '/b', method: 'HEAD', host: 'api.example.com', origin: 'https://shop.example' }),
    auditLine(4, { path: '/b', method: 'HEAD', ...asKey('other') }),
  ])
  t.match(outlined(text).outline?.routes, [
    { id: 'a', match: { methods: ['GET', 'POST', 'HEAD'] }, auth: ['key'], limits: ['keys'] },
    { id: 'b', match: { methods: ['HEAD'] }, auth: ['none'], limits: ['clients'] },
  ])
  t.match(routeText(text, 'a'), /# GET \(1\), HEAD \(1\), POST \(1\)/)
  t.match(routeText(text, 'a'), /# all showed a key: acme-prod \(2\), other \(1\)/)
  t.match(routeText(text, 'b'), /# 1 of 2 showed no key/)
  t.match(text, /# 3 requests, 2026-11-20T10:00:00Z to 2026-11-20T10:00:02Z; answered 200 \(2\), 500 \(1\)/)
  t.match(text, /# - acme-prod: org acme, 2 requests, 2026-11-20T10:00:00Z to 2026-11-20T10:00:01Z/)
  t.match(text, /# pages of https:\/\/shop\.example \(1\) asked: see `cors`/)
  t.match(text, /# Hosts that were asked for: api\.example\.com \(1\)\./)
})

t.test('what is no use of the API is not learnt from, and told', async (t) => {
  const lines = [
    auditLine(0, { path: '/a' }),
    auditLine(1, { path: '/wp-admin.php', status: 404 }),
    auditLine(2, { path: '/b', outcome: 'refuse', status: 401, code: 'key_missing' }),
    auditLine(3, { path: '/c', outcome: 'answer', status: 204 }),
    auditLine(4, { path: null, method: null, outcome: 'malformed', status: 400 }),
    auditLine(5, { path: '/d', code: 'upstream_timeout', status: 504 }),
    auditLine(6, { path: '/e', method: 'BREW' }),
    '{"type":"audit_gap","dropped":3}',
    '{"type":"admin","time":"2026-11-20T10:00:00.000Z"}',
    '{"torn',
  ]
  const { text, leftOut } = await learnt(lines)
  t.strictSame(
    outlined(text).outline?.routes.map(({ id }) => id),
    ['a'],
  )
  t.strictSame(leftOut, [
    '3 requests that the audit has lost',
    '1 lines that are broken',
    '1 requests that got no reply of the API',
    '1 requests that were answered here',
    '1 requests that were malformed',
    '1 requests that were refused',
    '1 requests to what is not there (404, 405, 410, 501)',
    '1 requests with a method that is never served',
  ])
  await t.rejects(
    learnt(lines.slice(1)),
    /there is no request to learn from: 3 requests that the audit has lost/,
  )
})

t.test('credentials of the API stay its own where the run had no key', async (t) => {
  const forwarded = async (...lines: string[]) =>
    outlined((await learnt(lines)).text).outline?.routes.map(({ forwardCredential }) => forwardCredential)
  t.strictSame(await forwarded(auditLine(0, { path: '/a' })), [true])
  t.strictSame(await forwarded(auditLine(0, { path: '/a', ...asKey('acme-prod') })), [false])
})

t.test('only the asked time is learnt from', async (t) => {
  const lines = [0, 1, 2].map((i) => auditLine(i, { path: `/p${i}x` }))
  const atMs = Date.UTC(2026, 10, 20, 10, 0, 1)
  const { text } = await learnt(lines, { sinceMs: atMs, untilMs: atMs })
  t.strictSame(
    outlined(text).outline?.routes.map(({ match }) => match.path),
    ['/p1x'],
  )
})

t.test('a rate is twice the busy minute of 99 in 100, rounded up', async (t) => {
  const rates = new Rates()
  for (let caller = 0; caller < 99; caller++) for (let i = 0; i < 12; i++) rates.add(i, `c${caller}`)
  for (let i = 0; i < 500; i++) rates.add(i, 'busy')
  t.strictSame(rates.result(), { usual: 12, most: 500, minutes: 100 })
  t.strictSame([0, 10, 11, 24, 31, 61, 601].map(friendly), [10, 10, 20, 30, 60, 100, 1000])
  const lines = Array.from({ length: 14 }, (_, i) => auditLine(i, { path: '/a' }))
  t.match((await learnt(lines)).text, /clients: \{ by: ip, rate: 30\/minute \} # seen: 14 a minute/)
})

t.test('minutes are told apart, even when their lines are mixed', async (t) => {
  const rates = new Rates()
  for (let minute = 0; minute < 20; minute++) {
    for (const late of [0, 3]) rates.add(Math.max(0, minute - late) * 60_000, 'a')
  }
  t.strictSame(rates.result(), { usual: 5, most: 5, minutes: 20 })
})

t.test('what anybody sends is learnt within bounds', async (t) => {
  function* flood(): Generator<string> {
    for (let i = 0; i < 60_000; i++) {
      const name = `${String.fromCharCode(97 + (i % 26))}${i.toString(36).replace(/\d/g, 'z')}`
      yield auditLine(i, {
        path: `/${name}/x${name}/${'a/'.repeat(i % 40)}`,
        ...asKey(`k${i}`),
        origin: `https://${i}.example`,
      })
    }
  }
  const { text, routes, leftOut } = await learnt(flood())
  t.ok(routes <= 5000, `${routes} routes`)
  t.ok(text.length < 3_000_000, `${text.length} characters`)
  t.match(leftOut.join(), /requests beyond the bounds of what is learnt/)
  t.ok(outlined(text).outline, 'and it is a policy')
})

const segment = fc.oneof(
  fc.constantFrom(
    'orders',
    'users',
    '7',
    '8',
    'a:b',
    'a%2Fb',
    'a+b',
    'x*',
    'Ü',
    '%24',
    '$',
    '{',
    '${env:HOME}',
    'export',
    '',
  ),
  fc.stringMatching(/^[a-z]{1,3}$/),
)
const request = fc.record({
  path: fc.array(segment, { maxLength: 4 }).map((segments) => canonicalPath(`/${segments.join('/')}`)),
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'OPTIONS', 'PROPFIND'),
  key: fc.option(fc.constantFrom('a', 'b')),
  websocket: fc.boolean(),
})

type Request = typeof request extends fc.Arbitrary<infer One> ? One : never

function seenOf({ path, key, ...rest }: Request) {
  return isPathRefusal(path)
    ? []
    : [{ ...rest, ...path, isKeyed: key !== null, who: key === null ? {} : asKey(key) }]
}

type SeenRequest = ReturnType<typeof seenOf>[number]

/** What is wrong with how the policy serves a request; null: nothing. */
function mistake(
  text: string,
  { path, method, websocket, encodedSlash, isKeyed }: SeenRequest,
): string | null {
  const { compiled, outline, problems } = outlined(text)
  if (compiled === null || outline === null) return JSON.stringify(problems)
  const route = compiled.policy.find('h', method, path)
  if (route === null) return 'is not served'
  if (encodedSlash && !route.encodedSlash) return 'may not have its slash'
  if (websocket && !route.websocket) return 'may not be a WebSocket'
  const told = outline.routes.find(({ id }) => id === route.id)
  return isKeyed || told?.auth.includes('none') ? null : 'would need a key'
}

t.test('whatever was seen, the policy of it compiles and serves all of it', async (t) => {
  const property = fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 40 }), async (requests) => {
    const seen = requests.flatMap(seenOf)
    if (seen.length === 0) return
    const lines = seen.map(({ path, method, websocket, who }, i) => {
      return auditLine(i, { path, method, host: 'h', websocket, ...who })
    })
    const { text } = await learnt(lines)
    const mistakes = seen.map((one) => [one.method, one.path, mistake(text, one)])
    const [first] = mistakes.filter(([, , what]) => what !== null)
    if (first !== undefined) throw new Error(`${first.join(' ')}:\n${text}`)
  })
  await fc.assert(property, { numRuns: 60 })
  t.pass('served')
})
