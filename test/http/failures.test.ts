import t from 'tap'
import type { Code } from '../../src/core/codes.ts'
import { UpstreamFailure } from '../../src/core/upstream.ts'
import { assertProblem } from '../hostile/front-door.ts'
import { KEY } from '../support/app.ts'
import { got } from '../support/raw-client.ts'
import { exchange, head, startWorld } from './world.ts'

const world = await startWorld(t)

const BAD_REPLIES: readonly (readonly [id: string, what: string, bytes: string])[] = [
  ['V87', 'garbage', 'hello?\r\n\r\n'],
  [
    'V89',
    'length and chunks',
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['V89', 'two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok'],
  ['V89', 'a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nok'],
  ['V89', 'another coding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n'],
  ['V92', 'an unasked 101', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
  ['V92', 'a status of 999', 'HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n'],
  ['V92', '1000 hints', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000)],
  ['V93', 'a field of 100 KB', `HTTP/1.1 200 OK\r\na: ${'x'.repeat(100_000)}\r\n\r\n`],
  ['V93', '5000 fields', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(5000)}\r\n`],
  ['V87', 'a control character in a field', 'HTTP/1.1 200 OK\r\na: b\x01c\r\ncontent-length: 2\r\n\r\nok'],
]

for (const [id, what, bytes] of BAD_REPLIES) {
  t.test(`${id} an upstream that sends ${what} is 502`, async (t) => {
    const { reply } = await exchange(world, head('GET /x'), bytes)
    const [record, ...more] = world.app.records
    const code = record?.code ?? 'internal'
    t.ok(['upstream_reply_invalid', 'upstream_unreachable'].includes(code), code)
    t.equal(more.length, 0)
    assertProblem(t, reply, code)
    t.equal((await exchange(world, head('GET /x'))).reply.status, 200, 'the next one works')
  })
}

t.test('V87 a reset instead of a reply is 502', async (t) => {
  world.upstream.reset()
  world.app.records.length = 0
  world.upstream.answer = ({ socket }) => {
    socket.resetAndDestroy()
    return null
  }
  const client = world.app.client().send(head('POST /x', 'Content-Length: 0'))
  assertProblem(t, await client.reply(), 'upstream_unreachable')
  t.equal(world.upstream.requests.length, 1, 'and is not sent twice')
  client.leave()
})

t.test('V87 nobody listening is 502', async (t) => {
  const alone = await startWorld(t, {}, (_origin) => policyTo('http://127.0.0.1:1'))
  const { reply } = await exchange(alone, head('GET /x'))
  assertProblem(t, reply, 'upstream_unreachable')
})

t.test('V87 a name that does not resolve is 502', async (t) => {
  const alone = await startWorld(t, {}, (_origin) => policyTo('http://nobody.invalid'))
  const { reply } = await exchange(alone, head('GET /x'))
  assertProblem(t, reply, 'upstream_unreachable')
})

t.test('V87 no reply in time is 504', async (t) => {
  const slow = await startWorld(t, {}, (origin) => policyTo(origin, ', timeout: { response: 200ms }'))
  slow.upstream.answer = () => null
  const client = slow.app.client().send(head('GET /x'))
  assertProblem(t, await client.reply(), 'upstream_timeout')
  const [record] = await slow.app.recorded(1)
  t.strictSame([record?.code, record?.status, record?.upstream], ['upstream_timeout', 504, 'api'])
})

for (const code of ['circuit_open', 'overloaded', 'draining'] satisfies Code[]) {
  t.test(`${code} is 503 and tells when to come back`, async (t) => {
    const failing = await startWorld(t, {
      send: () => () => Promise.reject(new UpstreamFailure(code, 'a secret reason', { retryAfterS: 7 })),
    })
    const { reply } = await exchange(failing, head('GET /x'))
    t.strictSame([reply.status, got(reply, 'retry-after')], [503, '7'])
    t.equal(JSON.parse(reply.body).detail, 'Try again in 7 s.')
    t.notMatch(textOf(reply), /secret/)
    t.equal(failing.app.records[0]?.why, 'a secret reason')
  })
}

t.test('an unexpected error behind the gate is no 500 of Node', async (t) => {
  const failing = await startWorld(t, { send: () => () => Promise.reject(new TypeError('a secret reason')) })
  const { reply } = await exchange(failing, head('GET /x'))
  assertProblem(t, reply, 'upstream_reply_invalid')
  t.notMatch(textOf(reply), /secret/)
})

for (const [how, run] of [
  [
    'throws',
    () => {
      throw new Error('a secret reason')
    },
  ],
  ['rejects', () => Promise.reject(new Error('a secret reason'))],
] as const) {
  t.test(`a check that ${how} refuses with 500 internal and says nothing`, async (t) => {
    const broken = await startWorld(t, {
      change: (policy) => {
        const routes = policy.routes.map((route) => ({
          ...route,
          checks: [{ name: 'access', run }, ...route.checks],
        }))
        return {
          ...policy,
          routes,
          find: (...at) => routes.find(({ id }) => id === policy.find(...at)?.id) ?? null,
        }
      },
      send: (_route, send) => send,
    })
    const { reply, seen } = await exchange(broken, head('GET /keyed/x', `X-Api-Key: ${KEY}`))
    assertProblem(t, reply, 'internal')
    t.notMatch(textOf(reply), /secret/)
    t.equal(seen, undefined)
    t.match(broken.app.records[0]?.why, /a secret reason/)
  })
}

t.test('a router that throws refuses with 500 internal', async (t) => {
  const broken = await startWorld(t, {
    change: (policy) => ({
      ...policy,
      find: () => {
        throw new Error('a secret reason')
      },
    }),
  })
  const { reply, seen } = await exchange(broken, head('GET /x'))
  assertProblem(t, reply, 'internal')
  t.equal(seen, undefined)
  t.strictSame(
    broken.app.records.map(({ code, status }) => [code, status]),
    [['internal', 500]],
  )
})

function textOf(reply: {
  start: string
  body: string
  fields: readonly (readonly [string, string])[]
}): string {
  return JSON.stringify([reply.start, reply.fields, reply.body])
}

function policyTo(url: string, more = ''): string {
  return `version: 1
upstreams: { api: { url: "${url}", circuit: off, retry: off${more} } }
defaults: { upstream: api, auth: none }
routes: [{ id: all, match: { path: /* } }]
`
}
