import t, { type Test } from 'tap'
import { assertProblem } from '../hostile/front-door.ts'
import { KEY, OTHER_KEY } from '../support/app.ts'
import { got, type Reply } from '../support/raw-client.ts'
import { exchange, head, startWorld } from './world.ts'

const world = await startWorld(t)
const SHOP = 'Origin: https://shop.example.com'

function assertGuarded(t: Test, reply: Reply): void {
  t.equal(got(reply, 'x-content-type-options'), 'nosniff')
  t.ok(got(reply, 'strict-transport-security'))
  t.ok(got(reply, 'content-security-policy'))
  t.match(got(reply, 'x-request-id'), /^[0-9a-f]{32}$/)
}

const BROKEN = 'HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n'

const REPLIES: readonly (readonly [status: number, bytes: string, answer?: string])[] = [
  [200, head('GET /x')],
  [400, head('GET /x/%zz')],
  [400, 'what is this?\r\n\r\n'],
  [401, head('GET /keyed/x')],
  [401, head('GET /keyed/x', 'X-Api-Key: wrong-wrong-wrong-wrong')],
  [403, head('GET /keyed/x', `X-Api-Key: ${OTHER_KEY}`)],
  [404, head('LOCK /keyed/x')],
  [413, head('POST /small/x', 'Content-Length: 5000')],
  [502, head('GET /x'), BROKEN],
]

for (const [status, bytes, answer] of REPLIES) {
  t.test(`guard headers ride on a ${status}: ${JSON.stringify(bytes.slice(0, 24))}`, async (t) => {
    const { reply } = await exchange(world, bytes, answer)
    t.equal(reply.status, status)
    assertGuarded(t, reply)
  })
}

t.test('guard headers and the limit ride on a 429', async (t) => {
  const limited = await startWorld(t)
  t.equal((await exchange(limited, head('GET /once/x'))).reply.status, 200)
  const { reply } = await exchange(limited, head('GET /once/x'))
  t.equal(reply.status, 429)
  assertGuarded(t, reply)
  t.ok(Number(got(reply, 'retry-after')) > 0)
  t.ok(got(reply, 'ratelimit'))
  t.match(JSON.parse(reply.body), { code: 'rate_limited', detail: /^Try again in \d+ s\.$/ })
})

t.test('guard headers replace those of the upstream', async (t) => {
  const answer =
    'HTTP/1.1 200 OK\r\nX-Content-Type-Options: none\r\nX-Request-Id: theirs\r\nRateLimit: x\r\ncontent-length: 0\r\n\r\n'
  const { reply } = await exchange(world, head('GET /x'), answer)
  t.equal(got(reply, 'x-content-type-options'), 'nosniff')
  t.match(got(reply, 'x-request-id'), /^[0-9a-f]{32}$/)
  t.equal(got(reply, 'ratelimit'), null)
})

const CORS_REPLIES: readonly (readonly [status: number, bytes: string, answer?: string])[] = [
  [200, head('GET /cors/x', SHOP, `X-Api-Key: ${KEY}`)],
  [401, head('GET /cors/x', SHOP)],
  [401, head('GET /cors/x', SHOP, 'X-Api-Key: wrong-wrong-wrong-wrong')],
  [502, head('GET /cors/x', SHOP, `X-Api-Key: ${KEY}`), BROKEN],
]

for (const [status, bytes, answer] of CORS_REPLIES) {
  t.test(`V52 CORS headers ride on a ${status}`, async (t) => {
    const { reply } = await exchange(world, bytes, answer)
    t.equal(reply.status, status)
    t.equal(got(reply, 'access-control-allow-origin'), 'https://shop.example.com')
    t.equal(got(reply, 'access-control-allow-credentials'), 'true')
    t.match(got(reply, 'vary'), /origin/i)
  })
}

t.test('V52 CORS headers of the upstream are replaced', async (t) => {
  const answer =
    'HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nVary: Accept\r\ncontent-length: 0\r\n\r\n'
  const { reply } = await exchange(world, head('GET /cors/x', SHOP, `X-Api-Key: ${KEY}`), answer)
  t.equal(got(reply, 'access-control-allow-origin'), 'https://shop.example.com')
  t.match(got(reply, 'vary'), /accept/i)
  t.match(got(reply, 'vary'), /origin/i)
})

t.test('V53 a preflight is answered here and told of once', async (t) => {
  const bytes = head('OPTIONS /cors/x', SHOP, 'Access-Control-Request-Method: GET')
  const { reply, seen } = await exchange(world, bytes)
  t.strictSame([reply.status, reply.body, seen], [204, '', undefined])
  t.equal(got(reply, 'access-control-allow-origin'), 'https://shop.example.com')
  t.strictSame(
    world.app.records.map(({ outcome, status }) => [outcome, status]),
    [['answer', 204]],
  )
})

t.test('V53 OPTIONS without a requested method is no preflight', async (t) => {
  const { reply } = await exchange(world, head('OPTIONS /cors/x', SHOP))
  assertProblem(t, reply, 'key_missing')
})

t.test('HEAD of a refusal has a length and no body', async (t) => {
  const { reply } = await exchange(world, head('HEAD /keyed/x'))
  t.equal(reply.status, 401)
  t.ok(Number(got(reply, 'content-length')) > 100)
  t.equal(reply.rest, '')
  t.equal(world.app.records[0]?.bytesOut, 0)
})

t.test('the upstream is told who asks and by which key, and not the key', async (t) => {
  const { seen } = await exchange(world, head('GET /keyed/x', `X-Api-Key: ${KEY}`))
  const names = [
    'x-sallyport-subject',
    'x-sallyport-org',
    'x-sallyport-scopes',
    'x-sallyport-key-id',
    'x-sallyport-auth',
  ]
  const told = new Map(seen?.fields.map(([name, value]) => [name.toLowerCase(), value]))
  t.strictSame(
    names.map((name) => told.get(name)),
    ['ann', 'acme', 'orders.read', 'acme-prod', 'key'],
  )
  t.notOk(world.upstream.log.includes(KEY))
})

t.test('a record tells what happened and holds neither query nor credential', async (t) => {
  await exchange(world, `${head('POST /keyed/x?secret=1', `X-Api-Key: ${KEY}`, 'Content-Length: 5')}hello`)
  const [record, ...more] = world.app.records
  t.equal(more.length, 0)
  t.match(record, {
    route: 'keyed',
    method: 'POST',
    path: '/keyed/x',
    client: '127.0.0.1',
    outcome: 'forward',
    code: null,
    why: null,
    status: 200,
    bytesIn: 5,
    bytesOut: 2,
    upstream: 'api',
    retries: 0,
    aborted: false,
    principal: { kind: 'key', subject: 'ann', org: 'acme', keyId: 'acme-prod' },
  })
  t.notMatch(JSON.stringify(record), /secret/)
  t.notOk(JSON.stringify(record).includes(KEY))
  t.ok((record?.durationMs ?? 0) >= (record?.gateMs ?? 0))
})
