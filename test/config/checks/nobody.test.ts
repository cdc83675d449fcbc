import t from 'tap'
import { HASH } from '../compiling.ts'
import { checked, dayIn, policyOf } from './checking.ts'

const hashOf = (number: number) => `sha256:${String(number).padStart(64, 'a0')}`

/** Keys on line 2, routes from line 6 on. */
const policy = (keys: readonly string[], ...routes: readonly string[]) =>
  policyOf(
    `keys: [${keys.map((key, i) => `{ id: k${i}, hash: "${hashOf(i)}", ${key} }`).join(', ')}]`,
    'upstreams: { api: { url: http://127.0.0.1:3000 } }',
    'defaults: { upstream: api, auth: key }',
    'routes:',
    ...routes.map((route, i) => `  - { id: r${i}, match: { path: /r${i}, methods: [GET] }${route} }`),
  )

/** What is told of routes that nobody passes: `LINE: why (hint)`. */
function told(text: string, files: Record<string, string> = {}): string[] {
  return checked(text, { files })
    .problems.filter(({ code }) => code === 'route-for-nobody')
    .map(({ line, message, hint }) => `${line}: ${message} (${hint})`)
}

t.test('a scope that no key holds is told, with the one that was meant', async (t) => {
  t.strictSame(told(policy(['scopes: [orders.read]'], ', allow: { scopes: [orders.raed] }', '')), [
    '6: nobody can pass `r0`: no key that is accepted there has the scope `orders.raed` (did you mean `orders.read`?)',
  ])
  t.match(told(policy(['scopes: [orders.read]'], ', allow: { scopes: [x] }')), [
    /\(give it to a key in `keys`/,
  ])
})

t.test('a policy to start from, without keys, is told once what it lacks', async (t) => {
  const text = policy([], '', ', allow: { scopes: [a] }', ', auth: none', ', auth: [key, none]').replace(
    'keys: []\n',
    '\n',
  )
  t.strictSame(told(text.replace(/keys: \[\{ id: any.*\n/, '')), [
    '4: nobody can pass `r0` and `r1`: there is no key in this file (`sallyport keys new --id CLIENT` prints a key, and its entry for `keys`)',
  ])
  t.strictSame(told(policy([], ', auth: none')), [])
})

t.test('keys that are revoked or expired do not count', async (t) => {
  const over = [`revoked: true`, `expires: ${dayIn(0)}`]
  t.match(told(policy(over, '')), [/every key of this file has expired or is revoked/])
  t.strictSame(told(policy([...over, `expires: ${dayIn(1)}`], '')), [])
})

t.test('roles, orgs and any of some scopes are asked for in the same way', async (t) => {
  const keys = ['scopes: [a], roles: [clerk], org: acme', 'scopes: [b], org: globex']
  t.match(told(policy(keys, ', allow: { roles: [clark] }')), [/the role `clark` \(did you mean `clerk`/])
  t.match(told(policy(keys, ', allow: { orgs: [other] }')), [/the org `other`/])
  t.match(told(policy(keys, ', allow: { any_scope: [c, d] }')), [/has one of the scopes `c` and `d`/])
  t.strictSame(told(policy(keys, ', allow: { any_scope: [c, b] }')), [])
  t.match(told(policy(keys, ', allow: { scopes: [a, b] }')), [
    /no single key has all that its `allow` asks for/,
  ])
  t.match(told(policy(keys, ', allow: { scopes: [c, d, a] }')), [/has the scopes `c` and `d`/])
  t.match(told(policy(keys, ', allow: { scopes: [b], roles: [clerk] }')), [/no single key has all/])
})

t.test('a route with `none` and an `allow` lets in only keys, too', async (t) => {
  t.match(told(policy(['scopes: [a]'], ', auth: [key, none], allow: { scopes: [b] }')), [/the scope `b`/])
  t.strictSame(told(policy(['scopes: [a]'], ', auth: [key, none], allow: { scopes: [a] }')), [])
})

t.test("a route that every key's own `routes` leave out is told at the route", async (t) => {
  t.strictSame(told(policy(['routes: [r0]'], '', '')), [
    '7: nobody can pass `r1`: the `routes` of every key leave it out (name it in the `routes` of a key, or take it away)',
  ])
  t.strictSame(told(policy(['routes: [r0]', 'routes: [r1]'], '', '')), [])
  const scoped = policy(['routes: [r0], scopes: [a]', 'scopes: [b]'], '', ', allow: { scopes: [a] }')
  t.match(told(scoped), [/no key that is accepted there has the scope `a`/])
})

t.test('what `defaults` ask for is told once, there', async (t) => {
  const text = policy(['scopes: [a]'], '', '', ', allow: { scopes: [a] }')
  t.match(told(text.replace('auth: key }', 'auth: key, allow: { scopes: [b] } }')), [
    /^4: nobody can pass `r0` and `r1`/,
  ])
})

t.test('keys of key files count', async (t) => {
  const text = policy([], ', allow: { scopes: [a] }').replace(/^keys: .*$/m, 'key_files: [./k.jsonl]')
  const line = (scope: string) => ({
    './k.jsonl': `${JSON.stringify({ id: 'f', hash: HASH, scopes: [scope] })}\n`,
  })
  t.strictSame(told(text, line('a')), [])
  t.match(told(text, line('b')), [/the scope `a`/])
})

const many = (count: number, more: object) =>
  Array.from({ length: count }, (_, i) => JSON.stringify({ id: `f${i}`, hash: hashOf(i), ...more })).join(
    '\n',
  )

t.test('of many keys and many scopes each is found', async (t) => {
  const routes = Array.from({ length: 2000 }, (_, i) => `, allow: { scopes: [s${i}] }`)
  const text = policy([], ...routes).replace(/^keys: .*$/m, 'key_files: [./k.jsonl]')
  const keys = Array.from({ length: 3000 }, (_, i) => {
    return JSON.stringify({ id: `f${i}`, hash: hashOf(i), scopes: [`s${i % 1999}`] })
  })
  t.match(told(text, { './k.jsonl': keys.join('\n') }), [/^2005: nobody can pass `r1999`/])
})

t.test('a file that would take too long says nothing', async (t) => {
  const routes = Array.from({ length: 2000 }, (_, i) => `, allow: { scopes: [a], roles: [s${i}] }`)
  const text = policy([], ...routes).replace(/^keys: .*$/m, 'key_files: [./k.jsonl]')
  t.strictSame(told(text, { './k.jsonl': many(3000, { scopes: ['a'] }) }), [])
})
