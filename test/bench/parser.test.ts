import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { type Reply, ReplyParser } from '../../bench/parser.ts'

function parse(chunks: readonly (string | Buffer)[], closed = false): Reply[] {
  const replies: Reply[] = []
  const parser = new ReplyParser((reply) => replies.push(reply))
  for (const chunk of chunks) parser.push(Buffer.from(chunk))
  if (closed) parser.end()
  return replies
}

const sized = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
const chunked =
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;x=1\r\nhello\r\nA\r\n0123456789\r\n0\r\nx-trailer: 1\r\n\r\n'

t.test('a body of known length', async (t) => {
  t.strictSame(parse([sized]), [{ status: 200, bodyBytes: 5, keepAlive: true }])
})

t.test('a chunked body with an extension and a trailer', async (t) => {
  t.strictSame(parse([chunked]), [{ status: 200, bodyBytes: 15, keepAlive: true }])
})

t.test('an empty body', async (t) => {
  t.strictSame(parse(['HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n']), [
    { status: 401, bodyBytes: 0, keepAlive: true },
  ])
})

t.test('204 has no body, whatever it announces', async (t) => {
  t.strictSame(
    parse([`HTTP/1.1 204 None\r\ncontent-length: 9\r\n\r\n${sized}`]).map(({ status }) => status),
    [204, 200],
  )
})

t.test('an informational head is passed over', async (t) => {
  t.strictSame(
    parse([`HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${sized}`]).map(({ status }) => status),
    [200],
  )
})

t.test('a body without framing ends with the connection', async (t) => {
  t.strictSame(parse(['HTTP/1.1 200 OK\r\n\r\nabc', 'def'], true), [
    { status: 200, bodyBytes: 6, keepAlive: false },
  ])
})

t.test('connection: close is reported', async (t) => {
  const [reply] = parse(['HTTP/1.1 429 Slow\r\nConnection: close\r\ncontent-length: 0\r\n\r\n'])
  t.equal(reply?.keepAlive, false)
})

t.test('a length in the body is not taken for the header', async (t) => {
  t.strictSame(
    parse(['HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n\r\ncontent-length: 99\r\n']).map(
      (reply) => reply.bodyBytes,
    ),
    [21],
  )
})

t.test('what is no response is an error', async (t) => {
  const bad = [
    'SSH-2.0-x\r\n\r\n',
    'HTTP/1.1 101 Switching\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 0x5\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n',
    `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(70_000)}`,
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'1'.repeat(5000)}`,
  ]
  for (const text of bad) t.throws(() => parse([text]), text.slice(0, 60))
})

t.test('a response cut short is an error', async (t) => {
  t.throws(() => parse([sized.slice(0, -1)], true))
  t.throws(() => parse(['HTTP/1.1 200 OK\r\n'], true))
  t.doesNotThrow(() => parse([sized], true))
})

t.test('the same replies, however the bytes are cut', async (t) => {
  const bytes = Buffer.from(sized + chunked + sized)
  const whole = parse([bytes])
  t.equal(whole.length, 3)
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 40 }), (places) => {
      const cuts = [0, ...places.sort((a, b) => a - b), bytes.length]
      const pieces = cuts.slice(1).map((cut, i) => bytes.subarray(cuts[i], cut))
      deepStrictEqual(parse(pieces), whole)
    }),
    { numRuns: 200 },
  )
})
