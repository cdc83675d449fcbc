import t from 'tap'
import { checked, found, policyOf, routesOf } from './checking.ts'

const told = (text: string) =>
  checked(text)
    .problems.filter(({ code }) => code === 'write-only-reported')
    .map(({ line, message }) => `${line}: ${message}`)

const MORE = 'id: b, match: { path: /b, methods: [PUT] }'

t.test('report mode lets anybody write: told once, at the mode', async (t) => {
  const text = routesOf('id: a, match: { path: /a, methods: [GET, POST] }', MORE)
  t.strictSame(told(text), [])
  t.strictSame(told(`${text}mode: report\n`), [
    '8: without a key anybody may send POST, PUT to `a` and `b`: their `auth` is only reported',
  ])
})

t.test('so do a share below everybody and a mode of the route or of `auth` alone', async (t) => {
  const one = (more: string, methods = 'POST') =>
    routesOf(`id: a, match: { path: /a, methods: [${methods}] }${more}`)
  for (const more of [', enforce: 0%', ', enforce: 90%', ', mode: report', ', mode: { auth: report }']) {
    t.match(told(one(more)), [/^5: /], more)
    t.strictSame(told(one(more, 'GET')), [], `${more} where nothing is changed`)
  }
  for (const more of ['', ', enforce: 100%', ', mode: { limits: report }', ', mode: enforce'])
    t.strictSame(told(one(more)), [], more)
  t.match(told(one('').replace('auth: key }', 'auth: key, enforce: 10% }')), [/^3: /], 'in the defaults')
})

t.test('what `allow` still refuses nobody gets past', async (t) => {
  const one = (mode: string) =>
    policyOf(
      'upstreams: { api: { url: http://127.0.0.1:3000 } }',
      'routes:',
      `  - { id: a, match: { path: /a }, upstream: api, auth: key, allow: { roles: [x] }, mode: ${mode} }`,
    )
  t.strictSame(told(one('{ auth: report }')), [])
  t.strictSame(told(one('{ auth: report, allow: report }')).length, 1)
})

t.test('a write that needs no key anyway is told as that, and not twice', async (t) => {
  t.strictSame(found(routesOf('id: a, match: { path: /a }, auth: none, mode: report')), [
    '5 write-without-auth',
  ])
})
