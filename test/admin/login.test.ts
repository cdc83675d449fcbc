import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { AdminToken, bearerOf } from '../../src/admin/token.ts'
import { adminScene, GOOD, TOKEN } from './scene.ts'

const wrong = { authorization: 'Bearer wrong-token-0123456789' }

t.test('no token, another one and another scheme are the same 401', async (t) => {
  const { url } = await adminScene(t)
  const said = new Set<string>()
  for (const authorization of [
    null,
    'Bearer ',
    wrong.authorization,
    `Basic ${TOKEN}`,
    TOKEN,
    `Bearer ${TOKEN}x`,
  ]) {
    const reply = await fetch(`${url}/policy`, authorization === null ? {} : { headers: { authorization } })
    t.equal(reply.status, 401)
    t.equal(reply.headers.get('www-authenticate'), 'Bearer realm="sallyport admin"')
    t.equal(reply.headers.get('content-type'), 'application/problem+json; charset=utf-8')
    const { request_id, timestamp, ...rest } = (await reply.json()) as Record<string, unknown>
    t.equal(request_id, reply.headers.get('x-request-id'))
    t.ok(timestamp)
    said.add(JSON.stringify(rest))
  }
  t.equal(said.size, 1)
})

t.test('who has no token cannot tell which paths there are', async (t) => {
  const { url } = await adminScene(t)
  for (const path of ['/policy', '/nothing', '/openapi.json', '/health', '/policy/text', '/']) {
    t.equal((await fetch(`${url}${path}`)).status, 401, path)
  }
})

t.test('V104 a hundred wrong tokens: ten are 401, then 429 with the time to wait', async (t) => {
  const { url, said } = await adminScene(t)
  const statuses: number[] = []
  for (let i = 0; i < 100; i++) statuses.push((await fetch(`${url}/policy`, { headers: wrong })).status)
  t.strictSame(new Set(statuses.slice(0, 10)), new Set([401]))
  t.strictSame(new Set(statuses.slice(10)), new Set([429]))
  const reply = await fetch(`${url}/policy`, { headers: GOOD })
  t.equal(reply.status, 429, 'the right one is not told apart')
  const waitS = Number(reply.headers.get('retry-after'))
  t.ok(waitS >= 1 && waitS <= 60)
  t.equal(said.length, 10, 'each guess is told once')
  t.notMatch(JSON.stringify(said), /wrong-token/)
})

t.test('V104 tokens that are tried at the same time are counted, too', async (t) => {
  const { url } = await adminScene(t)
  const replies = await Promise.all(
    Array.from({ length: 40 }, async () => (await fetch(`${url}/policy`, { headers: wrong })).status),
  )
  t.equal(replies.filter((status) => status === 401).length, 10)
})

t.test('good tokens, and requests without one, are not counted', async (t) => {
  const { url, ask } = await adminScene(t)
  for (let i = 0; i < 30; i++) {
    t.equal((await ask('/health')).status, 200)
    t.equal((await fetch(`${url}/health`)).status, 401)
  }
})

t.test('only the very same text is the token', async (t) => {
  const token = new AdminToken(TOKEN)
  t.ok(token.is(TOKEN))
  fc.assert(fc.property(fc.string(), (text) => token.is(text) === (text === TOKEN)))
  fc.assert(fc.property(fc.nat({ max: TOKEN.length - 1 }), (length) => !token.is(TOKEN.slice(0, length))))
})

t.test('tokens are compared in constant time, over hashes', async (t) => {
  const source = readFileSync(new URL('../../src/admin/token.ts', import.meta.url), 'utf8')
  t.match(source, /timingSafeEqual\(sha256\(candidate\), this\.#hash\)/)
  t.notMatch(source, /===? *this\.#(?:token|hash)|this\.#(?:token|hash) *===?/)
})

t.test('the fingerprint is the start of the hash', async (t) => {
  t.equal(new AdminToken('abc').fingerprint, 'ba7816bf')
})

t.test('a bearer token is one word of visible ASCII', async (t) => {
  t.equal(bearerOf('Bearer a.b-c'), 'a.b-c')
  t.equal(bearerOf('bearer  abc'), 'abc')
  for (const text of [undefined, '', 'Bearer', 'Bearer ', 'Bearer a b', 'Bearer \u00e9', 'Basic abc']) {
    t.equal(bearerOf(text), null, String(text))
  }
})
