import fc from 'fast-check'
import t from 'tap'
import { sent } from '../support/raw-upstream.ts'
import { exchange, head, startWorld } from './world.ts'

const world = await startWorld(t)

const QUERIES = [
  '',
  '?',
  '?a=1&a=2&a=',
  "?q='x'",
  '?a|b',
  '?a+b%20c',
  '?%zz',
  '??&&==',
  '?a=%2F../..',
  '?"<>^`{}\\',
]

for (const query of QUERIES) {
  t.test(`the query ${JSON.stringify(query)} goes byte for byte`, async (t) => {
    const { reply, seen } = await exchange(world, head(`GET /x${query}`))
    t.equal(reply.status, 200)
    t.equal(seen?.target, `/x${query}`)
  })
}

t.test('a query of bytes above 0x7f, which no URL may hold, is refused', async (t) => {
  const { reply, seen } = await exchange(world, head('GET /x?a=\xe9'))
  t.strictSame([reply.status, seen], [400, undefined])
})

t.test('any query of visible ASCII but # goes byte for byte', async (t) => {
  const byte = fc.integer({ min: 0x21, max: 0x7e }).filter((code) => code !== 0x23)
  const query = fc.array(byte, { maxLength: 60 }).map((codes) => String.fromCharCode(...codes))
  const sameQuery = fc.asyncProperty(query, async (text) => {
    const { seen } = await exchange(world, head(`GET /x?${text}`))
    if (seen?.target !== `/x?${text}`) throw new Error(`/x?${text} became ${seen?.target}`)
  })
  await t.resolves(fc.assert(sameQuery, { numRuns: 100 }))
})

t.test('header order, case, repeats and empty values stay', async (t) => {
  const fields = ['X-b: 2', 'x-A: 1', 'ACCEPT: */*', 'X-b: 3', 'Empty:', 'Cookie: a=b', 'x-Last: \xe9\xff']
  const { seen } = await exchange(world, head('GET /x', ...fields))
  const ours = new Set(fields.map((field) => field.split(':')[0]))
  const arrived = (seen?.fields ?? []).filter(([name]) => ours.has(name))
  t.strictSame(
    arrived.map(([name, value]) => `${name}:${value === '' ? '' : ` ${value}`}`),
    fields,
  )
})

t.test('cookies of 12 KB arrive whole', async (t) => {
  const cookie = `a=${'x'.repeat(12_000)}`
  const { seen } = await exchange(world, head('GET /x', `Cookie: ${cookie}`))
  t.equal(sent(seen, 'cookie'), cookie)
})

for (const method of [
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'QUERY',
  'PROPFIND',
  'PURGE',
  'MKCOL',
  'SEARCH',
  'REPORT',
]) {
  t.test(`${method} arrives, with a body and without`, async (t) => {
    const bare = await exchange(world, head(`${method} /x`))
    t.strictSame([bare.reply.status, bare.seen?.method, bare.seen?.body], [200, method, ''])
    const full = await exchange(world, `${head(`${method} /x`, 'Content-Length: 5')}hello`)
    t.strictSame([full.reply.status, full.seen?.method, full.seen?.body], [200, method, 'hello'])
  })
}

t.test('HEAD arrives as HEAD', async (t) => {
  const { seen } = await exchange(world, head('HEAD /x'), 'HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n')
  t.equal(seen?.method, 'HEAD')
})

t.test('a body with a length keeps its length', async (t) => {
  const { seen } = await exchange(world, `${head('POST /x', 'Content-Length: 5')}he\xfflo`)
  t.strictSame(
    [seen?.body, sent(seen, 'content-length'), sent(seen, 'transfer-encoding')],
    ['he\xfflo', '5', null],
  )
})

t.test('a body in chunks stays in chunks', async (t) => {
  const chunks = '3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n'
  const { seen } = await exchange(world, head('POST /x', 'Transfer-Encoding: chunked') + chunks)
  t.strictSame(
    [seen?.body, sent(seen, 'content-length'), sent(seen, 'transfer-encoding')],
    ['hello', null, 'chunked'],
  )
})

t.test('an empty body in chunks stays one', async (t) => {
  const { reply, seen } = await exchange(world, `${head('POST /x', 'Transfer-Encoding: chunked')}0\r\n\r\n`)
  t.strictSame([reply.status, seen?.body], [200, ''])
})

t.test('a length of 0 arrives', async (t) => {
  const { seen } = await exchange(world, head('POST /x', 'Content-Length: 0'))
  t.strictSame([seen?.body, sent(seen, 'content-length')], ['', '0'])
})

for (const type of [
  'garbage',
  'application/json; charset="',
  ';;;',
  'text/plain, text/html',
  '',
  'multipart/form-data',
]) {
  t.test(`the content type ${JSON.stringify(type)} passes`, async (t) => {
    const bytes = `${head('POST /x', `Content-Type: ${type}`, 'Content-Length: 2')}{]`
    const { reply, seen } = await exchange(world, bytes)
    t.strictSame([reply.status, seen?.body, sent(seen, 'content-type')], [200, '{]', type])
  })
}

t.test('a body that is broken JSON or form data passes', async (t) => {
  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
    const bytes = `${head('POST /x', `Content-Type: ${type}`, 'Content-Length: 3')}%{\xff`
    t.equal((await exchange(world, bytes)).seen?.body, '%{\xff')
  }
})

t.test('Host goes on as sent', async (t) => {
  const { seen } = await exchange(world, 'GET /x HTTP/1.1\r\nHost: Api.Example.com:8080\r\n\r\n')
  t.equal(sent(seen, 'host'), 'Api.Example.com:8080')
})

t.test('a client of HTTP/1.0 gets the body and the end of the connection', async (t) => {
  const { app, upstream } = world
  upstream.reset()
  upstream.answer = () => 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'
  const client = app.client().send('GET /x HTTP/1.0\r\nHost: a\r\n\r\n')
  const reply = await client.reply()
  await client.closed()
  t.strictSame([reply.status, reply.body, reply.isChunked], [200, 'ok', false])
  t.ok(upstream.log.startsWith('GET /x HTTP/1.1\r\n'))
})

t.test('a client of HTTP/1.0 can send a body', async (t) => {
  const { reply, seen } = await exchange(world, 'POST /x HTTP/1.0\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi')
  t.strictSame([reply.status, seen?.body], [200, 'hi'])
})

t.test('requests in one packet are answered in order', async (t) => {
  const { app, upstream } = world
  upstream.reset()
  upstream.answer = ({ target }) => `HTTP/1.1 200 OK\r\ncontent-length: ${target.length}\r\n\r\n${target}`
  const targets = Array.from({ length: 12 }, (_, i) => `/${i}`)
  const client = app.client().send(targets.map((target) => head(`GET ${target}`)).join(''))
  for (const target of targets) t.equal((await client.reply()).body, target)
  client.leave()
})

t.test('a connection serves one request after the other', async (t) => {
  const { app, upstream } = world
  upstream.reset()
  const client = app.client()
  for (let i = 0; i < 3; i++) t.equal((await client.send(head(`GET /${i}`)).reply()).status, 200)
  client.send(`${head('POST /body', 'Content-Length: 2')}hi`)
  t.equal((await client.reply()).status, 200)
  t.equal((await client.send(head('GET /after')).reply()).status, 200)
  client.leave()
})
