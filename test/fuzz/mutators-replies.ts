import { chunksOf, type Draft, dropField, type Message, setBody, setChunked, setField } from './draft.ts'
import { onMessage, type Table } from './mutator.ts'
import type { Prng } from './prng.ts'

const HONEST_BODIES = ['{"a":1}', '', 'x'.repeat(3000), 'y'.repeat(70_000)]
const LENGTHS = ['-1', '+5', '', '5, 5', '1_0', '0x5', '9'.repeat(25), '5Z', '007', ' 7 ']
const CODINGS = [
  'chunked, gzip',
  'gzip, chunked',
  'chunked, chunked',
  'identity',
  '',
  'xchunked',
  ',chunked',
  'CHUNKED',
  'chunked\x0b',
]
const STATUSES = [
  '099',
  '100',
  '101',
  '199',
  '204',
  '205',
  '206',
  '226',
  '304',
  '404',
  '500',
  '502',
  '599',
  '600',
  '700',
  '999',
  '0',
  '-1',
  '20',
  '2000',
  'abc',
  '',
]
const INFORMATION = [
  '100 Continue',
  '102 Processing',
  '103 Early Hints',
  '103',
  '199 x',
  '101 Switching Protocols',
  '100',
]
const ENCODED = [
  '5\r\nhello!!\r\n0\r\n\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  '5\r\nhel',
  '5\nhello\n0\n\n',
  'ffffffffffffffff\r\nhello',
  '5;a=b\r\nhello\r\n0\r\n\r\n',
  '-5\r\nhello\r\n0\r\n\r\n',
  '5\r\nhello\r\n0\r\nX-Trailer: a\r\nContent-Length: 3\r\n\r\n',
  '5\r\nhello\r\n0\r\n',
  `5;${'e'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
  '5\r\nhello\r\n',
  '0\r\nx\x00: y\r\n\r\n',
  '0\r\n: y\r\n\r\n',
  '5\r\nhello\r\n0\r\n\r\n',
]
const HOP_BY_HOP = [
  'Connection: X-Int',
  'Connection: close, X-Int',
  'Keep-Alive: timeout=1',
  'Keep-Alive: timeout=0, max=0',
  'Upgrade: h2c',
  'Proxy-Authenticate: Basic',
  'Proxy-Connection: close',
  'TE: trailers',
  'Trailer: X-Trailer',
  'Connection: content-length',
  'Connection: transfer-encoding, x-request-id',
  'Connection:',
]
const OURS = [
  'Server: x',
  'X-Powered-By: y',
  'X-Request-Id: evil',
  'RateLimit: evil',
  'Strict-Transport-Security: evil',
  'Access-Control-Allow-Origin: *',
  'X-Content-Type-Options: evil',
]
const ODD_LINES = [
  'X: a\x00b',
  'X : y',
  ': x',
  'Foo',
  'X: \x01',
  ' fold',
  'X\x85: y',
  'X: \xff\xfe',
  '__proto__: x',
  'Set-Cookie: a=b',
  'Set-Cookie: c=d\r\n\te',
  'Location: \xe2\x82\xac',
  'Link: <a>; rel=preload',
  'X:',
  '"x": y',
  'Content-Type: a\x7fb',
]
const GARBAGE = [
  '\x00\x01\x02',
  'HTTP/1.1',
  'hello\r\n\r\n',
  '\x16\x03\x01',
  'ICY 200 OK\r\n\r\n',
  '\r\n',
  '\n',
  'HTTP/0.9 200 OK\r\n\r\n',
  'HTTP/2.0 200 OK\r\n\r\n',
  'HTTP/1.1 200 OK',
  'http/1.1 200 ok\r\n\r\n',
]
const REASONS = ['', 'OK\x00', '\xe9', 'x'.repeat(5000), 'O\tK', 'OK\rX: y', 'OK\nX: y', '\x7f', ' OK']

/** An honest reply. */
export function honestReply(prng: Prng): Message {
  const message: Message = {
    lead: '',
    start: ['HTTP/1.1', '200', 'OK'],
    lines: ['Content-Type: text/plain'],
    eol: '\r\n',
    body: '',
  }
  const body = prng.pick(HONEST_BODIES)
  if (prng.chance(0.5)) setBody(message, body)
  else setChunked(message, chunksOf(body, prng.pick([1000, 60_000])))
  return message
}

/** V87 to V95. */
export const replies: Table = {
  lengthAndCoding: onMessage((message) => {
    setChunked(message, '5\r\nhello\r\n0\r\n\r\n')
    message.lines.push('Content-Length: 5')
  }),
  twoLengths: onMessage((message, prng) => {
    setBody(message, 'hello')
    message.lines.push(`Content-Length: ${prng.pick(['5', '6', '0'])}`)
  }),
  oddLength: onMessage((message, prng) => {
    setBody(message, 'hello67')
    setField(message, 'Content-Length', prng.pick(LENGTHS))
  }),
  oddCoding: onMessage((message, prng) => {
    setChunked(message, '5\r\nhello\r\n0\r\n\r\n')
    setField(message, 'Transfer-Encoding', prng.pick(CODINGS))
  }),
  noLength: onMessage((message) => {
    dropField(message, 'content-length')
    dropField(message, 'transfer-encoding')
    message.body = 'until the end'
  }),
  wrongLength: onMessage((message, prng) => {
    setBody(message, 'hello')
    setField(message, 'Content-Length', String(prng.below(12)))
  }),
  encoded: onMessage((message, prng) => setChunked(message, prng.pick(ENCODED))),
  status: onMessage((message, prng) => {
    message.start[1] = prng.pick(STATUSES)
  }),
  reason: onMessage((message, prng) => {
    message.start[2] = prng.pick(REASONS)
  }),
  version: onMessage((message, prng) => {
    message.start[0] = prng.pick([
      'HTTP/1.0',
      'HTTP/2.0',
      'HTTP/1.2',
      'HTTP/0.9',
      'http/1.1',
      'HTTP/1.1\t',
      '',
    ])
  }),
  information: onMessage((message, prng) => {
    const line = `HTTP/1.1 ${prng.pick(INFORMATION)}\r\n`
    const field = prng.pick([
      '',
      'Link: </a.css>; rel=preload\r\n',
      'Link: \x01\r\n',
      'X: y\r\n',
      'Content-Length: 5\r\n',
      'Link: <\xff>\r\n',
    ])
    message.lead += `${line}${field}\r\n`.repeat(prng.pick([1, 1, 2, 15, 17, 200]))
  }),
  trailerField: onMessage((message) => message.lines.push('Trailer: X-Trailer')),
  trailers: onMessage((message, prng) => {
    const line = prng.pick([
      'X-Trailer: a',
      'X-Request-Id: evil',
      'Set-Cookie: a=b',
      'Transfer-Encoding: chunked',
      'X: \xff',
      ...ODD_LINES,
    ])
    setChunked(message, `5\r\nhello\r\n0\r\n${`${line}\r\n`.repeat(prng.pick([1, 2, 300]))}\r\n`)
  }),
  hopByHop: onMessage((message, prng) => {
    message.lines.push('X-Int: secret', prng.pick(HOP_BY_HOP), prng.pick(HOP_BY_HOP))
  }),
  ours: onMessage((message, prng) => message.lines.push(prng.pick(OURS), prng.pick(OURS))),
  oddLine: onMessage((message, prng) => {
    message.lines.splice(prng.below(message.lines.length + 1), 0, prng.pick(ODD_LINES))
  }),
  many: onMessage((message, prng) => {
    const count = prng.pick([150, 199, 201, 1000, 5000])
    message.lines.push(...Array.from({ length: count }, (_, i) => `h${i}: a`))
  }),
  large: onMessage((message, prng) =>
    message.lines.push(`X-Large: ${'v'.repeat(prng.pick([8000, 16_384, 100_000]))}`),
  ),
  garbage: onMessage((message, prng) => {
    message.lead = prng.pick(GARBAGE)
  }),
  lineEnds: onMessage((message, prng) => {
    message.eol = prng.pick(['\n', '\r', '\r\r\n'])
  }),
  surplus: addSurplus,
}

/** Bytes behind a whole reply, which the next request on the connection must never be given. */
function addSurplus(draft: Draft, prng: Prng): void {
  const surplus = prng.pick([
    'x',
    '\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil',
    '0\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
    '\0',
  ])
  draft.edits.push((bytes) => bytes + surplus)
}
