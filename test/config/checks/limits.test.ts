import t from 'tap'
import { checked, found, policyOf } from './checking.ts'

/** One limit `l` on line 3, and one route that names it. */
const one = (limit: string) =>
  policyOf(
    'limits:',
    `  l: { ${limit} }`,
    'upstreams: { api: { url: http://127.0.0.1:3000 } }',
    'routes: [{ id: r, match: { path: /r }, upstream: api, auth: key, limits: l }]',
  )

t.test('a window that another one holds already is told at its own place', async (t) => {
  const messages = (limit: string) =>
    checked(one(limit)).problems.map(({ line, col, message }) => `${line}:${col} ${message}`)
  t.strictSame(messages('by: ip, rate: 600/minute, burst: 10/second'), [
    '3:16 `burst` lets no more through than this `rate` does, so it never refuses anything',
  ])
  t.strictSame(messages('by: ip, rate: 599/minute, burst: 10/second'), [])
  t.strictSame(messages('by: ip, rate: 60/minute, burst: 10/second'), [])
  t.match(messages('by: ip, rate: 10/minute, quota: 14400/day'), [
    /`rate` lets no more through than this `quota`/,
  ])
  t.strictSame(messages('by: ip, rate: 10/minute, quota: 14399/day'), [])
  t.strictSame(messages('by: ip, quota: 10/day'), [])
})

t.test('windows that are leased let a little more through, so that another may bite', async (t) => {
  const leased = one('by: ip, rate: 600/minute, burst: 10/second, accuracy: leased')
  t.strictSame(found(`${leased}redis: redis://127.0.0.1:6379\n`), [])
})

/** Limits on lines 3 and 4, a route that names both, in the order `fine, coarse`, on line 6. */
const two = (fine: string, coarse: string, more = '') =>
  policyOf(
    'limits:',
    `  fine: { ${fine} }`,
    `  coarse: { ${coarse} }`,
    'upstreams: { api: { url: http://127.0.0.1:3000 } }',
    'routes: [{ id: r, match: { path: /r }, upstream: api, auth: key, limits: [fine, coarse] }]',
    more,
  )

t.test('what is counted apart never refuses before what is counted together and no looser', async (t) => {
  const told = ['6 limit-never-bites']
  t.strictSame(found(two('by: ip, rate: 20/minute', 'by: global, rate: 10/minute')), told)
  t.strictSame(found(two('by: [key, route], rate: 10/minute', 'by: key, rate: 10/minute')), told)
  t.strictSame(found(two('by: [org, ip], quota: 900/day', 'by: org, rate: 10/day')), told)
})

t.test('it may refuse when it is stricter, or counts other things', async (t) => {
  t.strictSame(found(two('by: ip, rate: 9/minute', 'by: global, rate: 10/minute')), [])
  t.strictSame(found(two('by: ip, rate: 20/minute', 'by: key, rate: 10/minute')), [])
  t.strictSame(found(two('by: [key, route], rate: 10/minute', 'by: [key, ip], rate: 10/minute')), [])
  t.strictSame(found(two('by: [key, route], rate: 9/day, concurrent: 2', 'by: key, rate: 9/day')), [])
  const cooldown = 'cooldown: { after: 1, within: 1s, for: 1m }'
  t.strictSame(found(two(`by: [key, route], rate: 10/minute, ${cooldown}`, 'by: key, rate: 10/minute')), [])
})

t.test('it may refuse where a key brings it along', async (t) => {
  const hash = `sha256:${'01'.repeat(32)}`
  const keys = `keys: [{ id: k, hash: "${hash}", limits: [fine] }]`
  t.strictSame(found(two('by: ip, rate: 20/minute', 'by: global, rate: 10/minute', keys)), [])
})

t.test("a key's own limits are held against each other", async (t) => {
  const key = (limits: string) =>
    policyOf(
      'limits:',
      '  small: { by: key, rate: 10/minute }',
      '  large: { by: key, rate: 20/minute }',
      '  apart: { by: [key, route], rate: 30/minute }',
      '  both: { by: ip, rate: 1/minute }',
      'upstreams: { api: { url: http://127.0.0.1:3000 } }',
      `keys: [{ id: k, hash: "sha256:${'01'.repeat(32)}", limits: ${limits} }]`,
      'routes: [{ id: r, match: { path: /r }, upstream: api, auth: key, limits: [both, large, apart] }]',
    )
  const bites = (limits: string) => found(key(limits)).filter((one) => one.endsWith('limit-never-bites'))
  t.strictSame(bites('[small, large]'), ['8 limit-never-bites', '9 limit-never-bites'])
  t.strictSame(bites('[apart, small]'), ['8 limit-never-bites'])
  t.strictSame(bites('[small, both]'), ['9 limit-never-bites'])
})

t.test('limits of the defaults are told once, in the defaults', async (t) => {
  const text = policyOf(
    'limits: { fine: { by: ip, rate: 20/minute }, coarse: { by: global, rate: 10/minute } }',
    'upstreams: { api: { url: http://127.0.0.1:3000 } }',
    'defaults: { upstream: api, auth: key, limits: [fine, coarse] }',
    'routes: [{ id: a, match: { path: /a } }, { id: b, match: { path: /b } }]',
  )
  t.strictSame(found(text), ['4 limit-never-bites'])
})
