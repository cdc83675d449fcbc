import { dropField, type Message, setBody, setChunked, setField } from './draft.ts'
import { onMessage, type Table } from './mutator.ts'
import type { Prng } from './prng.ts'

const LENGTHS = [
  '+5',
  '-1',
  '0x5',
  '1 0',
  '1_0',
  '',
  '5Z',
  '010',
  '5, 5',
  '5, 10',
  '9'.repeat(20),
  '5;a',
  '\t5',
  '5\x0b',
]
const CODINGS = [
  'xchunked',
  'identity',
  'chunked, chunked',
  'chunked, gzip',
  '',
  'gzip, chunked',
  ',chunked',
  'chunked,',
  '\x0bchunked',
  'chunked\x00',
  'chunked ; a=b',
  'CHUNKED',
  'chun\xffked',
  '"chunked"',
]
const SIZES = [
  '0x5',
  '+5',
  '-1',
  '1_0',
  ' 5',
  '5 ',
  '10000000000000005',
  'ffffffffffffffff',
  '5;',
  '\t5',
  '',
  'g',
  '00000000000000005',
]
const EXTENSIONS = [
  '5;a\n',
  '5;a\rb\r\n',
  `5;${'a'.repeat(20_000)}\r\n`,
  '5;a=b\r\n',
  '5;a="\r\n"\r\n',
  '5 ;a\r\n',
  '5\n',
  '5\r',
]
const TRAILERS = [
  'X-Sallyport-Subject: evil',
  'Content-Length: 50',
  'Host: evil',
  'Transfer-Encoding: chunked',
  'x: \x00',
  ' fold',
  'X-Api-Key: evil',
  'a',
]
const SMUGGLED = 'GET /admin/smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
const EOLS = ['\n', '\r', '\r\r\n', '\n\r', '\r\n ']

/** V01 to V17, V46. */
export const framing: Table = {
  lengthAndCoding: onMessage(twoFramings),
  twoLengths: onMessage((message, prng) => {
    message.lines.push(
      `Content-Length: ${prng.pick(['5', '6', '0'])}`,
      `content-length: ${prng.pick(['5', '6', '0'])}`,
    )
    message.body = 'hello'
  }),
  oddLength: onMessage((message, prng) => {
    setBody(message, 'hello678')
    setField(message, 'Content-Length', prng.pick(LENGTHS))
  }),
  oddCoding: onMessage((message, prng) => {
    setChunked(message, '5\r\nhello\r\n0\r\n\r\n')
    setField(message, 'Transfer-Encoding', prng.pick(CODINGS))
  }),
  spelledCoding: onMessage((message, prng) => {
    dropField(message, 'content-length')
    dropField(message, 'transfer-encoding')
    const spelling = [
      'Transfer-Encoding : chunked',
      'Transfer-Encoding:\r\n chunked',
      'Transfer_Encoding: chunked',
      'Transfer-Encoding\x00: chunked',
      ' Transfer-Encoding: chunked',
      'X: y\nTransfer-Encoding: chunked',
    ]
    message.lines.splice(prng.below(message.lines.length + 1), 0, prng.pick(spelling))
    message.body = `5\r\nhello\r\n0\r\n\r\n`
  }),
  codingIn10: onMessage((message) => {
    setChunked(message, '5\r\nhello\r\n0\r\n\r\n')
    message.start[2] = 'HTTP/1.0'
  }),
  lineEnds: onMessage((message, prng) => {
    message.eol = prng.pick(EOLS)
  }),
  oneLineEnd: onMessage((message, prng) => {
    const at = prng.below(message.lines.length)
    message.lines[at] = `${message.lines[at]}${prng.pick(['\n', '\r', '\r\r'])}X-Next: 1`
  }),
  fold: onMessage((message, prng) => {
    const at = prng.below(message.lines.length)
    message.lines[at] = `${message.lines[at]}\r\n${prng.pick([' ', '\t'])}folded`
  }),
  oddLine: onMessage((message, prng) => {
    const line = prng.pick([
      'X: a\x00b',
      'X\x85: a',
      ': x',
      'Foo',
      ' First: x',
      'X : y',
      '',
      'X:\x7f',
      'X: \x01',
      '"X": y',
      'X(a): y',
    ])
    message.lines.splice(prng.below(message.lines.length + 1), 0, line)
  }),
  chunkSize: onMessage((message, prng) => {
    setChunked(message, `${prng.pick(SIZES)}\r\nhello\r\n0\r\n\r\n`)
  }),
  chunkSpill: onMessage((message, prng) => {
    setChunked(
      message,
      prng.pick([
        '5\r\nhello!!\r\n0\r\n\r\n',
        '5\r\nhel\r\n0\r\n\r\n',
        '5\r\nhello0\r\n\r\n',
        '5\r\nhello\n0\n\n',
        '0\r\nx\r\n\r\n',
        '0\r\n\n',
        '0\n\r\n',
      ]),
    )
  }),
  chunkExtension: onMessage((message, prng) => {
    setChunked(message, `${prng.pick(EXTENSIONS)}hello\r\n0\r\n\r\n`)
  }),
  trailers: onMessage((message, prng) => {
    const lines = Array.from({ length: 1 + prng.below(3) }, () => `${prng.pick(TRAILERS)}\r\n`)
    setChunked(message, `5\r\nhello\r\n0\r\n${lines.join('')}\r\n`)
  }),
  bodyIsRequest: onMessage((message, prng) => {
    message.start[0] = prng.pick(['GET', 'HEAD', 'OPTIONS', 'DELETE', 'POST'])
    setBody(message, SMUGGLED)
    if (prng.chance(0.3)) dropField(message, 'content-length')
  }),
  wrongLength: onMessage((message, prng) => {
    setBody(message, SMUGGLED)
    setField(message, 'Content-Length', String(prng.below(SMUGGLED.length + 10)))
  }),
  version: onMessage((message, prng) => {
    message.start[2] = prng.pick([
      'HTTP/1.0',
      '',
      'HTTP/1.2',
      'HTTP/2.0',
      'HTTP/0.9',
      'http/1.1',
      'HTTP/1.1 x',
      'HTTP/1.01',
      'RTSP/1.0',
      'HTTP/1,1',
      'HTTP/9.9',
    ])
  }),
  lead: onMessage((message, prng) => {
    message.lead = prng.pick([
      '\r\n',
      '\n',
      '\r\n\r\n',
      ' ',
      '\x00',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00',
    ])
  }),
}

function twoFramings(message: Message, prng: Prng): void {
  const both = ['Content-Length: 6', 'Transfer-Encoding: chunked']
  if (prng.chance(0.5)) both.reverse()
  dropField(message, 'content-length')
  dropField(message, 'transfer-encoding')
  message.lines.push(...both)
  message.body = `0\r\n\r\n${prng.pick(['X', SMUGGLED, ''])}`
}
