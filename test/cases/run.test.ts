import t from 'tap'
import { MESSAGE_CASES } from './case-table.ts'
import { COUNTER_CASES, IDENTITY_CASES } from './identity-table.ts'
import { KEY, outcomeOf, POLICY, run, textOf } from './running.ts'

for (const [name, lines, differences] of [...MESSAGE_CASES, ...IDENTITY_CASES, ...COUNTER_CASES]) {
  t.test(name, async (t) => {
    t.strictSame(textOf(await outcomeOf(t, lines)), differences)
  })
}

t.test('a store that does not answer', async (t) => {
  const policy = `version: 1
upstreams: { api: { url: http://127.0.0.1:1 } }
redis: redis://127.0.0.1:1
limits: { few: { by: ip, rate: 2/minute, on_store_error: deny }, some: { by: route, rate: 9/minute } }
defaults: { upstream: api, auth: none, limits: [few, some] }
routes: [{ id: open, match: { path: /open } }]
`
  const denied =
    'request: GET /open, counters: { few: unavailable }, expect: { code: limit_unavailable, status: 503 }'
  t.strictSame(textOf(await outcomeOf(t, denied, { policy })), [])
  const both = denied.replace('{ few:', '{ some: unavailable, few:')
  const second = policy.replace('[few, some]', '[some, few]')
  t.strictSame(textOf(await outcomeOf(t, both, { policy: second })), [], 'whichever of them stands first')
  const local = 'request: GET /open, counters: { some: unavailable }, expect: { status: 200 }'
  t.strictSame(textOf(await outcomeOf(t, local, { policy })), [])
})

t.test('a key itself is shown where its authenticator looks first', async (t) => {
  for (const [place, sent] of [
    ['bearer', 'authorization'],
    ['basic', 'authorization'],
    ['query:api_key', 'x-nothing'],
    ['header:x-other', 'x-other'],
  ] as const) {
    const policy = POLICY.replace(
      'keys:\n',
      `authenticators: { key: { type: api_key, in: ["${place}", "header:x-api-key"] } }\nkeys:\n`,
    )
    const lines = `request: "GET /read/a?b=c", identity: { key_text: ${KEY} }, expect: { status: 200, upstream: { path: "/base/a?b=c", headers: { ${sent}: null } } }`
    t.strictSame(textOf(await outcomeOf(t, lines, { policy })), [], place)
  }
})

const UPGRADE = `{ connection: upgrade, upgrade: websocket, sec-websocket-version: "13", sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ== }`

t.test('a WebSocket goes as far as the handshake, and never to the API itself', async (t) => {
  const asked = `request: { path: "/talk?a='b", headers: ${UPGRADE} }, identity: { key: acme }`
  const good = `${asked}, expect: { outcome: forward, status: 101, upstream: { path: "/base/talk?a='b", headers: { x-sallyport-key-id: acme } } }`
  t.strictSame(textOf(await outcomeOf(t, good)), [])
  const refused = `request: { path: /open, headers: ${UPGRADE} }, expect: { code: upgrade_refused, status: 403, upstream: null }`
  t.strictSame(textOf(await outcomeOf(t, refused)), [])
})

t.test('cases do not see each other', async (t) => {
  const one = (name: string) =>
    `  - { name: ${name}, request: GET /talk, identity: { key: acme }, repeat: 2, expect: { status: 200 } }\n`
  const { results } = await run(t, { cases: one('a') + one('b') + one('c') })
  t.strictSame(
    results.map(({ passed }) => passed),
    [true, true, true],
  )
})

t.test('a result tells where its case stands, and why the gate answered', async (t) => {
  const { results } = await run(t, {
    cases: '  - name: a\n    request: GET /none\n    expect: { status: 200 }\n',
  })
  t.match(results, [{ name: 'a', line: 4, col: 5, route: null, passed: false, why: /no route matches/ }])
})

t.test('a filter chooses by name, and time that is up leaves the rest', async (t) => {
  const cases = ['Apple', 'pear', 'apple pie']
    .map((name) => `  - { name: ${name}, request: GET /open, expect: { status: 200 } }\n`)
    .join('')
  const chosen = await run(t, { cases }, { filter: 'aPPle' })
  t.strictSame(
    chosen.results.map(({ name }) => name),
    ['Apple', 'apple pie'],
  )
  const late = await run(t, { cases }, { maxMs: -1 })
  t.match(late, { results: [], notRun: 3 })
})
