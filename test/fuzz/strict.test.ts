import t from 'tap'
import { readReplies, takeReply } from './strict-reply.ts'
import { readRequests, takeRequest } from './strict-request.ts'

const GET = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n'
const ASKED = { isHead: false, hasEnded: false }

const post = (fields: string, body: string): string => `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}`

const REFUSED: Readonly<Record<string, string>> = {
  'V01 a length and a coding': post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\nX'),
  'V03 two lengths': post('Content-Length: 5\r\nContent-Length: 5\r\n', 'hello'),
  'V04 a signed length': post('Content-Length: +5\r\n', 'hello'),
  'V05 an octal length': post('Content-Length: 010\r\n', '12345678'),
  'V06 a coding twice': post('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n'),
  'V09 a space before the colon': post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n'),
  'V11 a bare line feed': 'GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n',
  'V12 a fold': 'GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n',
  'V14 a chunk that is longer than it says': post(
    'Transfer-Encoding: chunked\r\n',
    '5\r\nhello!!\r\n0\r\n\r\n',
  ),
  'V15 a bare line feed in an extension': post('Transfer-Encoding: chunked\r\n', '5;a\nhello\r\n0\r\n\r\n'),
  'V26 two hosts': 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n',
  'V46 another version': 'GET / HTTP/2.0\r\nHost: a\r\n\r\n',
}

for (const [name, bytes] of Object.entries(REFUSED)) {
  t.test(`malformed: ${name}`, async (t) => t.equal(takeRequest(bytes).state, 'malformed'))
}

t.test('requests are read one behind the other', async (t) => {
  const chunked = post('Transfer-Encoding: chunked\r\n', '5;x=y\r\nhello\r\n0\r\nX-T: a\r\n\r\n')
  const { whole, methods, end } = readRequests(`${GET}${chunked}HEAD /b`)
  t.strictSame(
    whole.map(({ method, body }) => [method, body]),
    [
      ['GET', ''],
      ['POST', 'hello'],
    ],
  )
  t.strictSame([methods, end], [['GET', 'POST', 'HEAD'], 'partial'])
})

t.test('what follows an upgrade is not read', async (t) => {
  const upgrade = 'GET /a HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'
  t.match(readRequests(upgrade + GET), { whole: { length: 1 }, end: 'opaque' })
})

t.test('a reply without a length ends with the connection, and only then', async (t) => {
  const reply = 'HTTP/1.1 200 OK\r\n\r\nabc'
  t.equal(takeReply(reply, ASKED).state, 'partial')
  t.match(takeReply(reply, { ...ASKED, hasEnded: true }), { message: { body: 'abc', untilEnd: true } })
})

t.test('V89 contradicting framing of a reply is malformed', async (t) => {
  for (const fields of [
    'Content-Length: 1\r\nTransfer-Encoding: chunked\r\n',
    'Content-Length: -1\r\n',
    'Transfer-Encoding: chunked, gzip\r\n',
  ]) {
    t.equal(takeReply(`HTTP/1.1 200 OK\r\n${fields}\r\n`, ASKED).state, 'malformed', fields)
  }
})

t.test('replies to HEAD have no body, unless the HEAD was not understood', async (t) => {
  const head = 'HTTP/1.1 400 Bad Request\r\ncontent-length: 5\r\n\r\n'
  t.match(readReplies(`${head}${head}hello`, ['HEAD', 'GET'], false), { final: { length: 2 }, end: 'clean' })
  t.match(readReplies(`${head}hello`, ['HEAD'], true), { final: [{ body: 'hello' }], end: 'clean' })
})

t.test('a status line that Sallyport would not write is found', async (t) => {
  t.equal(readReplies('HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n', ['GET'], false).end, 'malformed')
})
