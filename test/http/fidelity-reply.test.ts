import t from 'tap'
import { got } from '../support/raw-client.ts'
import { exchange, head, startWorld } from './world.ts'

const world = await startWorld(t)

function replying(status: string, ...fields: string[]): string {
  return `HTTP/1.1 ${status}\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`
}

t.test('status, reason, order, case and repeats of fields stay', async (t) => {
  const fields = ['X-b: 2', 'x-A: 1', 'X-b: 3', 'Empty:', 'x-Latin: \xe9\xff', 'ETag: "x"']
  const { reply } = await exchange(
    world,
    head('GET /x'),
    replying('299 Odd Reason', ...fields, 'Content-Length: 0'),
  )
  t.equal(reply.start, 'HTTP/1.1 299 Odd Reason')
  const theirs = new Set(fields.map((field) => field.split(':')[0]))
  const arrived = reply.fields.filter(([name]) => theirs.has(name))
  t.strictSame(
    arrived.map(([name, value]) => `${name}:${value === '' ? '' : ` ${value}`}`),
    fields,
  )
})

t.test('each Set-Cookie stays a field of its own', async (t) => {
  const cookies = ['Set-Cookie: a=1; Path=/', 'set-cookie: b=2, c', 'Set-Cookie: a=1; Path=/']
  const { reply } = await exchange(world, head('GET /x'), replying('200 OK', ...cookies, 'Content-Length: 0'))
  t.equal(got(reply, 'set-cookie'), 'a=1; Path=/ && b=2, c && a=1; Path=/')
})

t.test('HEAD keeps the length and has no body', async (t) => {
  const { reply } = await exchange(world, head('HEAD /x'), replying('200 OK', 'content-length: 1234'))
  t.strictSame([reply.status, got(reply, 'content-length'), reply.rest], [200, '1234', ''])
})

t.test('HEAD with chunks announced has no body', async (t) => {
  const { reply } = await exchange(world, head('HEAD /x'), replying('200 OK', 'transfer-encoding: chunked'))
  t.strictSame([reply.status, reply.rest], [200, ''])
})

t.test('204 has no body, no length and no chunks', async (t) => {
  const { reply } = await exchange(world, head('DELETE /x'), replying('204 No Content', 'x-a: b'))
  t.strictSame(
    [reply.status, got(reply, 'content-length'), got(reply, 'transfer-encoding'), got(reply, 'x-a')],
    [204, null, null, 'b'],
  )
})

t.test('V94 304 with a length passes without a body', async (t) => {
  const { reply } = await exchange(
    world,
    head('GET /x'),
    replying('304 Not Modified', 'content-length: 10', 'etag: "x"'),
  )
  t.strictSame(
    [reply.status, got(reply, 'content-length'), got(reply, 'etag'), reply.rest],
    [304, '10', '"x"', ''],
  )
})

t.test('103 is handed on, then the reply', async (t) => {
  world.upstream.reset()
  const hints = '</a.css>; rel=preload; as=style'
  world.upstream.answer = () =>
    `${replying('103 Early Hints', `link: ${hints}`, 'x-int: 1')}${replying('200 OK', 'content-length: 2')}ok`
  const client = world.app.client().send(head('GET /x'))
  const first = await client.reply()
  t.strictSame([first.status, got(first, 'link'), got(first, 'x-int')], [103, hints, null])
  const last = await client.reply()
  t.strictSame([last.status, last.body], [200, 'ok'])
  client.leave()
})

for (const link of ['</a>; rel=preload, </b>; rel="preload stylesheet"', 'garbage', '</a>; rel=\xe9']) {
  t.test(`103 with the link ${JSON.stringify(link)} is handed on as it is`, async (t) => {
    world.upstream.reset()
    world.app.records.length = 0
    world.upstream.answer = () =>
      `${replying('103 Early Hints', `link: ${link}`)}${replying('200 OK', 'content-length: 2')}ok`
    const client = world.app.client().send(head('GET /x'))
    t.equal(got(await client.reply(), 'link'), link)
    const reply = await client.reply()
    t.strictSame([reply.status, reply.body], [200, 'ok'])
    client.leave()
  })
}

t.test('a stray 100 is not handed on', async (t) => {
  const answer = `${replying('100 Continue')}${replying('200 OK', 'content-length: 2')}ok`
  const { reply } = await exchange(world, head('GET /x'), answer)
  t.strictSame([reply.status, reply.body], [200, 'ok'])
})

t.test('1xx do not reach a client of HTTP/1.0', async (t) => {
  const answer = `${replying('103 Early Hints', 'link: </a>; rel=preload')}${replying('200 OK', 'content-length: 2')}ok`
  const { reply } = await exchange(world, 'GET /x HTTP/1.0\r\nHost: a\r\n\r\n', answer)
  t.strictSame([reply.status, reply.body], [200, 'ok'])
})

t.test('a chunked reply stays chunked', async (t) => {
  const answer = `${replying('200 OK', 'Transfer-Encoding: chunked')}2\r\nok\r\n3\r\n!!!\r\n0\r\n\r\n`
  const { reply } = await exchange(world, head('GET /x'), answer)
  t.strictSame([reply.body, reply.isChunked, got(reply, 'content-length')], ['ok!!!', true, null])
})

t.test('a reply without a length ends with its connection, and whole', async (t) => {
  world.upstream.reset()
  world.upstream.answer = ({ socket }) => {
    socket.end(`${replying('200 OK')}to the end`)
    return null
  }
  const client = world.app.client()
  const reply = await client.send(head('GET /x')).reply()
  t.strictSame([reply.body, reply.isChunked], ['to the end', true])
  client.leave()
})

t.test('a reply of no bytes keeps its length of 0', async (t) => {
  const { reply } = await exchange(world, head('GET /x'), replying('200 OK', 'content-length: 0'))
  t.strictSame([reply.body, got(reply, 'content-length')], ['', '0'])
})

t.test('every byte value passes, joined with the head and on its own', async (t) => {
  const bytes = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i))
  for (const body of [bytes, bytes.repeat(100), bytes.repeat(2000)]) {
    const { reply } = await exchange(
      world,
      head('GET /x'),
      `${replying('200 OK', `content-length: ${body.length}`)}${body}`,
    )
    t.ok(reply.body === body, `${body.length} bytes`)
  }
})

t.test('trailers pass behind chunks', async (t) => {
  const chunks = '2\r\nok\r\n0\r\nx-sum: 1\r\nSet-Cookie: a=b\r\n\r\n'
  const { reply } = await exchange(
    world,
    head('GET /x', 'TE: trailers'),
    `${replying('200 OK', 'transfer-encoding: chunked')}${chunks}`,
  )
  t.equal(reply.body, 'ok')
  t.strictSame(reply.trailers, [['x-sum', '1']])
})

t.test('V90 what the policy drops does not come back as a trailer', async (t) => {
  const trailers = 'Server: Apache/1.3\r\nx-sum: 1\r\nX-Request-Id: forged\r\nX-Frame-Options: ALLOWALL\r\n'
  const { reply } = await exchange(
    world,
    head('GET /x', 'TE: trailers'),
    `${replying('200 OK', 'transfer-encoding: chunked')}2\r\nok\r\n0\r\n${trailers}\r\n`,
  )
  t.equal(reply.body, 'ok')
  t.strictSame(reply.trailers, [['x-sum', '1']])
})

t.test('V90 a Trailer field beside a length is dropped and kills nothing', async (t) => {
  const { reply } = await exchange(
    world,
    head('GET /x'),
    `${replying('200 OK', 'trailer: x', 'content-length: 2')}ok`,
  )
  t.strictSame([reply.status, reply.body, got(reply, 'trailer')], [200, 'ok', null])
})

t.test('V91 fields of the connection to the upstream do not pass', async (t) => {
  const fields = [
    'Connection: X-Int, close',
    'X-Int: 1',
    'Keep-Alive: timeout=9',
    'Upgrade: h2c',
    'Proxy-Authenticate: Basic',
    'Server: x/1',
    'X-Powered-By: y',
  ]
  const { reply } = await exchange(
    world,
    head('GET /x'),
    `${replying('200 OK', ...fields, 'content-length: 2')}ok`,
  )
  for (const field of fields.slice(1)) {
    const name = field.split(':')[0] ?? ''
    t.notOk(got(reply, name)?.includes(field.split(': ')[1] ?? ''), name)
  }
  t.notMatch(got(reply, 'connection'), /x-int|close/i)
})

t.test('a reply may come in two pieces cut anywhere', async (t) => {
  const answer = `${replying('200 OK', 'transfer-encoding: chunked')}2\r\nok\r\n0\r\n\r\n`
  for (let cut = 1; cut < answer.length; cut++) {
    world.upstream.reset()
    world.upstream.answer = ({ socket }) => {
      socket.write(answer.slice(0, cut))
      setImmediate(() => socket.write(answer.slice(cut)))
      return null
    }
    const client = world.app.client()
    const reply = await client.send(head('GET /x')).reply()
    client.leave()
    if (reply.status !== 200 || reply.body !== 'ok') t.fail(`cut at ${cut}: ${reply.start} ${reply.body}`)
  }
})

t.test('each event of a stream arrives as it is sent', async (t) => {
  world.upstream.reset()
  world.upstream.answer = () =>
    `${replying('200 OK', 'content-type: text/event-stream', 'transfer-encoding: chunked')}`
  const client = world.app.client().send(head('GET /events'))
  await client.until('text/event-stream')
  const [request] = await world.upstream.seen(1)
  for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
    request?.socket.write(`${event.length.toString(16)}\r\n${event}\r\n`)
    await client.until(event)
  }
  request?.socket.write('0\r\n\r\n')
  t.equal((await client.reply()).body, 'data: 1\n\ndata: 2\n\ndata: 3\n\n')
  client.leave()
})
