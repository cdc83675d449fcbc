import t from 'tap'
import type { Code } from '../../src/core/codes.ts'
import { assertRefused, startDoor } from './front-door.ts'

const door = await startDoor(t)

const EMPTY = '0\r\n\r\n'

function post(fields: string, body: string): string {
  return `POST /public/x HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`
}

function get(fields: string): string {
  return `GET /public/x HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n`
}

/** Each is the only thing that is wrong with its request. */
const ROWS: readonly (readonly [id: string, what: string, bytes: string, code: Code])[] = [
  [
    'V01',
    'CL.TE',
    post('Content-Length: 6\r\nTransfer-Encoding: chunked', '0\r\n\r\nX'),
    'request_malformed',
  ],
  [
    'V02',
    'TE.CL',
    post('Transfer-Encoding: chunked\r\nContent-Length: 30', '0\r\n\r\nGET /admin HTTP/1.1\r\n\r\n'),
    'request_malformed',
  ],
  ['V03', 'CL twice, 5 and 6', post('Content-Length: 5\r\nContent-Length: 6', 'hello'), 'request_malformed'],
  ['V03', 'CL twice, both 5', post('Content-Length: 5\r\nContent-Length: 5', 'hello'), 'request_malformed'],
  ['V03', 'CL as a list of equals', post('Content-Length: 5, 5', 'hello'), 'request_malformed'],
  ['V03', 'CL as a list', post('Content-Length: 5, 10', 'hello'), 'request_malformed'],
  ...['+5', '-1', '0x5', '1 0', '1_0', '', '5Z', '5 ;', '5.0', '99999999999999999999'].map(
    (length) =>
      [
        'V04',
        `CL ${JSON.stringify(length)}`,
        post(`Content-Length: ${length}`, 'hello'),
        'request_malformed',
      ] as const,
  ),
  ['V05', 'CL 010 with 8 bytes', post('Content-Length: 010', '12345678'), 'request_malformed'],
  ['V05', 'CL 010 with 10 bytes', post('Content-Length: 010', '1234567890'), 'request_malformed'],
  ['V05', 'CL 00', post('Content-Length: 00', ''), 'request_malformed'],
  ...[
    'xchunked',
    'identity',
    'chunked, chunked',
    'chunked, gzip',
    '',
    'chunked,',
    'chunked;q=1',
    '"chunked"',
  ].map(
    (coding) =>
      [
        'V06',
        `TE ${JSON.stringify(coding)}`,
        post(`Transfer-Encoding: ${coding}`, EMPTY),
        'request_malformed',
      ] as const,
  ),
  [
    'V06',
    'TE twice',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', EMPTY),
    'request_malformed',
  ],
  [
    'V06',
    'TE identity, then chunked',
    post('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked', EMPTY),
    'header_refused',
  ],
  ['V07', 'TE gzip, chunked', post('Transfer-Encoding: gzip, chunked', EMPTY), 'transfer_coding_unsupported'],
  ['V08', 'TE ,chunked', post('Transfer-Encoding: ,chunked', EMPTY), 'request_malformed'],
  [
    'V08',
    'TE ,chunked with CL',
    post('Transfer-Encoding: ,chunked\r\nContent-Length: 5', EMPTY),
    'request_malformed',
  ],
  ['V09', 'space before the colon', post('Transfer-Encoding : chunked', EMPTY), 'request_malformed'],
  ['V09', 'vertical tab before chunked', post('Transfer-Encoding:\x0bchunked', EMPTY), 'request_malformed'],
  ['V09', 'NUL behind chunked', post('Transfer-Encoding: chunked\x00', EMPTY), 'request_malformed'],
  ['V09', 'chunked on a folded line', post('Transfer-Encoding:\r\n chunked', EMPTY), 'request_malformed'],
  [
    'V10',
    'TE in HTTP/1.0',
    `POST /public/x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${EMPTY}`,
    'request_malformed',
  ],
  ['V11', 'bare LF behind one field', 'GET /public/x HTTP/1.1\r\nHost: a\nX: y\r\n\r\n', 'request_malformed'],
  ['V11', 'bare LF everywhere', 'GET /public/x HTTP/1.1\nHost: a\n\n', 'request_malformed'],
  ['V11', 'bare CR between fields', 'GET /public/x HTTP/1.1\r\nHost: a\rX: y\r\n\r\n', 'request_malformed'],
  ['V11', 'bare LF at the end of the head', 'GET /public/x HTTP/1.1\r\nHost: a\r\n\n', 'request_malformed'],
  ['V12', 'a folded field', get('X-A: b\r\n c'), 'request_malformed'],
  ['V12', 'a folded Host', 'GET /public/x HTTP/1.1\r\nHost:\r\n a\r\n\r\n', 'request_malformed'],
  ['V12', 'a fold by tab', get('X-A: b\r\n\tc'), 'request_malformed'],
  ['V13', 'NUL in a value', get('X-A: b\x00c'), 'request_malformed'],
  ['V13', 'a name that is no token', get('X\x85: y'), 'request_malformed'],
  ['V13', 'an empty name', get(': x'), 'request_malformed'],
  ['V13', 'a line without a colon', get('Foo'), 'request_malformed'],
  [
    'V13',
    'a space in front of the first field',
    'GET /public/x HTTP/1.1\r\n Host: a\r\n\r\n',
    'request_malformed',
  ],
]

for (const [id, what, bytes, code] of ROWS) {
  t.test(`${id} ${what}`, async (t) => {
    await assertRefused(t, door, bytes, { code })
  })
}

t.test('V05 what follows a refused length is not taken for a request', async (t) => {
  const bytes = `${post('Content-Length: 010', '1234567890')}GET /public/smuggled HTTP/1.1\r\nHost: a\r\n\r\n`
  await assertRefused(t, door, bytes, { code: 'request_malformed' })
})

t.test('V07 what follows a refused coding is not taken for a request', async (t) => {
  const bytes = `${post('Transfer-Encoding: gzip, chunked', EMPTY)}GET /public/smuggled HTTP/1.1\r\nHost: a\r\n\r\n`
  await assertRefused(t, door, bytes, { code: 'transfer_coding_unsupported' })
})

t.test('V01 what follows is not taken for a request', async (t) => {
  const head = 'Content-Length: 6\r\nTransfer-Encoding: chunked'
  const bytes = `${post(head, EMPTY)}GET /public/smuggled HTTP/1.1\r\nHost: a\r\n\r\n`
  await assertRefused(t, door, bytes, { code: 'request_malformed' })
})

t.test('V01 sent one byte at a time, it is still refused once', async (t) => {
  const bytes = post('Content-Length: 6\r\nTransfer-Encoding: chunked', '0\r\n\r\nX')
  const { app, upstream } = door
  app.records.length = 0
  upstream.reset()
  const client = app.client()
  for (const byte of bytes) {
    client.send(byte)
    await new Promise(setImmediate)
  }
  t.equal((await client.reply()).status, 400)
  await client.closed()
  await app.recorded(1)
  t.strictSame([app.records.length, upstream.log], [1, ''])
})
