import t from 'tap'
import type { RequestQuestion } from '../../src/explain/question.ts'
import { ask, worldOf } from './scene.ts'

const world = worldOf(
  `version: 1
upstreams: { api: { url: http://127.0.0.1:1 } }
defaults: { upstream: api, auth: none }
routes:
  - { id: list, match: { path: /orders, methods: [GET] } }
  - { id: one, match: { path: "/orders/:id", methods: [GET, PUT] } }
  - { id: make, match: { path: /orders, methods: [POST], hosts: [shop.example] } }
  - { id: all, match: { path: "/*", methods: [HEAD] } }
  - { id: chat, match: { path: /chat }, websocket: true }
  - { id: Files, match: { path: "/Files/*" } }
`.replace('id: Files', 'id: files'),
)

const near = async (question: RequestQuestion) =>
  (await ask(world, question)).near_misses.map(({ id, why }) => `${id}: ${why.join('; ')}`)

t.test('another method, host, case or slash: each with why not', async (t) => {
  t.strictSame(await near({ target: '/orders', method: 'POST' }), [
    'list: the method POST is not one of GET, HEAD',
    'make: the host localhost is not one of shop.example',
    'all: the method POST is not one of HEAD',
  ])
  t.strictSame(await near({ target: '/files/7' }), [
    'all: the method GET is not one of HEAD',
    'files: the path is written in another case, and the route tells upper from lower',
  ])
  t.match(await near({ target: '/orders/' }), [
    'list: the slash at the end of the path makes another path of it',
    'all: the method GET is not one of HEAD',
    /^make: the slash at the end .*; the method GET .*; the host localhost /,
  ])
})

t.test('routes that a more specific one goes before', async (t) => {
  t.strictSame(await near({ target: '/orders/7', method: 'HEAD' }), [
    'all: `one` is more specific, and goes first',
  ])
  t.strictSame(await near({ target: '/chat' }), ['all: the method GET is not one of HEAD'])
})

t.test('an encoded slash, and a WebSocket', async (t) => {
  t.match(await near({ target: '/orders%2F7' }), [
    'one: an encoded slash (%2F) is part of its segment, and does not end it',
    'all: the method GET is not one of HEAD; it takes no encoded slash (%2F)',
  ])
  const upgrade = { upgrade: 'websocket', connection: 'upgrade', 'sec-websocket-version': '13' }
  const headers = { ...upgrade, 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' }
  const said = await ask(world, { target: '/orders', headers })
  t.match(said, { outcome: 'refuse', code: 'upgrade_refused', route: { id: 'list' } })
  t.strictSame(
    said.checks.map(({ check, verdict }) => `${check} ${verdict}`),
    ['door pass', 'match refuse', 'auth not_reached', 'identity not_reached'],
  )
  const open = await ask(world, { target: '/chat', headers })
  t.match(open, { outcome: 'forward', request: { websocket: true } })
  t.notOk(
    open.to_upstream.some(({ name }) => name.startsWith('sec-websocket-')),
    'the library writes them',
  )
})

t.test('a mistyped path, with what was meant', async (t) => {
  t.match(await near({ target: '/ordrs/7', method: 'PUT' }), [
    /^all: /,
    'one: the path differs: is /orders/:id what was meant?',
  ])
  t.match(await near({ target: '/ordes', method: 'PUT' }), [
    /^all: /,
    'list: the path differs: is /orders what was meant?; the method PUT is not one of GET, HEAD',
  ])
})

t.test('at most five, and how many more', async (t) => {
  const routes = Array.from(
    { length: 9 },
    (_, i) => `  - { id: r${i}, match: { path: /a, hosts: [h${i}.example] } }\n`,
  )
  const many = worldOf(
    `version: 1\nupstreams: { api: { url: http://127.0.0.1:1 } }\ndefaults: { upstream: api, auth: none }\nroutes:\n${routes.join('')}`,
  )
  t.match(await ask(many, { target: '/a' }), {
    near_misses: { length: 5 },
    more_near_misses: 4,
    code: 'no_route',
  })
})
