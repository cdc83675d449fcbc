import fc from 'fast-check'
import t from 'tap'
import { ask, worldOf } from './scene.ts'

const world = worldOf(`version: 1
upstreams: { api: { url: http://127.0.0.1:1 } }
identity: { subject: x-auth-subject }
authenticators: { key: { type: api_key, in: ["header:x-api-key", "query:k"] } }
defaults: { upstream: api, auth: none }
routes:
  - { id: orders, match: { path: "/orders/*" } }
  - { id: strict, match: { path: /strict }, validate: { query: { allowed: [page] } } }
  - { id: who, match: { path: /who }, auth: [key] }
keys: [{ id: acme, org: acme, hash: "sha256:${'1'.repeat(64)}" }]
`)

t.test('secrets that an explanation once showed', async (t) => {
  for (const name of ['accessToken', 'pwd', 'sig', 'jwt', 'code', 'k', 'access_token', 'a%63cessToken']) {
    const said = await ask(world, { target: `/orders/7?a=b&${name}=canary&c=d` })
    t.equal(said.request.target, `/orders/7?a=b&${name}=***&c=d`)
    t.equal(said.upstream?.target?.includes('canary'), false)
  }
  for (const name of ['x-auth', 'x-jwt', 'x-accesskey', 'X-Amz-Credential', 'Authorization', 'Cookie']) {
    const said = await ask(world, { target: '/orders/7', headers: { [name]: 'canary' } })
    t.match(
      said.to_upstream.find((field) => field.name === name),
      { value: '***' },
      name,
    )
  }
})

t.test('what is no secret is shown', async (t) => {
  const headers = { 'x-author': 'ann', 'x-key-id': '7' }
  const said = await ask(world, { target: '/orders/7?barcode=12&zipcode=34;state=56', headers })
  t.equal(said.request.target, '/orders/7?barcode=12&zipcode=34;state=56')
  for (const [name, value] of Object.entries(headers)) {
    t.match(
      said.to_upstream.find((field) => field.name === name),
      { value },
    )
  }
  const { to_upstream: fields } = await ask(world, { target: '/who', key: 'acme' })
  t.match(
    fields.find(({ name }) => name === 'x-auth-subject'),
    { value: 'acme', from: 'identity' },
  )
})

t.test('what the policy puts into a reply from a reference is masked, its own words are not', async (t) => {
  const set = '{ set: { X-Back: "$\u007benv:BACK}", x-plain: word } }'
  const route = (more: string): string => `version: 1
upstreams: { api: { url: http://127.0.0.1:1 } }
defaults: { upstream: api, auth: none${more} }
routes:`
  const own = `  - { id: all, match: { path: "/*" }, headers: { response: ${set} } }\n`
  for (const text of [
    `${route('')}\n${own}`,
    `${route(`, headers: { response: ${set} }`)}\n  - { id: all, match: { path: "/*" } }\n`,
    `${route('')}\n${own.replace(' }\n', ', access: { allow: [192.0.2.1] } }\n')}`,
  ]) {
    const said = await ask(worldOf(text, { BACK: 'topsecret-canary' }), { target: '/a' })
    t.notMatch(JSON.stringify(said), /canary/)
    const { to_client: fields } = said
    t.match(
      fields.find(({ name }) => name.toLowerCase() === 'x-back'),
      { value: '***' },
    )
    t.match(
      fields.find(({ name }) => name === 'x-plain'),
      { value: 'word' },
    )
  }
})

const WORDS = [
  'token',
  'jwt',
  'password',
  'pwd',
  'sig',
  'signature',
  'auth',
  'credential',
  'secret',
  'session',
]
const more = fc.array(fc.constantFrom('x', 'my', 'user', 'v', 'new', 'request'), { maxLength: 2 })
const upper = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`
const STYLES: readonly ((words: readonly string[]) => string)[] = [
  (words) => words.join('-'),
  (words) => words.join('_'),
  (words) => words.map(upper).join('-'),
  (words) => words.map((word) => word.toUpperCase()).join('_'),
  (words) => words.map((word, i) => (i === 0 ? word : upper(word))).join(''),
]
const name = fc
  .tuple(more, fc.constantFrom(...WORDS), more, fc.constantFrom(...STYLES))
  .map(([before, word, after, style]) => style([...before, word, ...after]))
const value = fc.stringMatching(/^canary[a-z0-9;=/+]{0,12}canary$/)
const place = fc.constantFrom<(name: string, value: string) => Parameters<typeof ask>[1]>(
  (name, value) => ({ target: `/orders/7?${name}=${value}` }),
  (name, value) => ({ target: `/strict?a=b&${name}=${value}&c` }),
  (name, value) => ({ target: `/nowhere?a=b;${name}=${value}` }),
  (name, value) => ({ target: `/a/../b?user[${name}]=${value}` }),
  (name, value) => ({ target: '/orders/7', headers: { [name]: value } }),
  (name, value) => ({ target: '/orders/7', headers: { connection: name, [name]: value } }),
  (name, value) => ({ target: '/orders/7', headers: { referer: `https://a.example/b?${name}=${value}` } }),
  (name, value) => ({ target: '/nowhere', headers: { [name]: value } }),
)

t.test('the value of a name that speaks of a secret is nowhere in an explanation', async (t) => {
  const property = fc.asyncProperty(name, value, place, async (name, value, questionOf) => {
    const text = JSON.stringify(await ask(world, questionOf(name, value)))
    return !text.includes('canary')
  })
  await t.resolves(fc.assert(property, { numRuns: 500 }))
})
