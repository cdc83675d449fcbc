import fc from 'fast-check'
import t from 'tap'
import { fieldsOf, flawOf, reasonOf } from '../../../src/adapters/upstream/head.ts'
import { ContinueFilter } from '../../../src/adapters/upstream/stray-continue.ts'

const CONTINUE = 'HTTP/1.1 100 Continue\r\nx: y\r\n\r\n'

const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 20 })

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  let at = 0
  for (const size of sizes) {
    if (at >= bytes.length) break
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  if (at < bytes.length) pieces.push(bytes.subarray(at))
  return pieces
}

function filtered(filter: ContinueFilter, pieces: readonly Buffer[]): Buffer {
  return Buffer.concat(pieces.map((piece) => filter.pass(piece) ?? Buffer.alloc(0)))
}

t.test('V92 up to sixteen leading 100s are taken out, however the bytes are cut', async () => {
  const reply = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 16 }), cuts, (count, sizes) => {
      const filter = new ContinueFilter()
      filter.sees('GET / HTTP/1.1\r\n\r\n')
      const out = filtered(filter, cut(Buffer.from(CONTINUE.repeat(count) + reply), sizes))
      return out.toString() === reply
    }),
  )
})

t.test('V92 every other reply passes byte for byte, even one that speaks of 100 later', async () => {
  const starts = fc.constantFrom(
    'HTTP/1.1 200 OK\r\n\r\n',
    'HTTP/1.1 103 Early\r\n\r\n',
    'HTTP/1.0 100 X',
    'x',
    '',
  )
  fc.assert(
    fc.property(starts, fc.uint8Array({ minLength: 20, maxLength: 80 }), cuts, (start, rest, sizes) => {
      const bytes = Buffer.concat([Buffer.from(start), Buffer.from([0, ...rest]), Buffer.from(CONTINUE)])
      const filter = new ContinueFilter()
      filter.sees('GET / HTTP/1.1\r\n\r\n')
      return filtered(filter, cut(bytes, sizes)).equals(bytes)
    }),
  )
})

t.test('V92 a body that looks like a 100 is left alone, also while an upload goes on', async (t) => {
  const filter = new ContinueFilter()
  filter.sees('POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n')
  filter.pass(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 33\r\n\r\n'))
  filter.sees('\r\n5\r\n')
  filter.sees(Buffer.from('GET /'))
  t.equal(filter.pass(Buffer.from(CONTINUE))?.toString(), CONTINUE)
})

t.test('bytes that come unasked are left to the parser', async (t) => {
  t.equal(new ContinueFilter().pass(Buffer.from(CONTINUE))?.toString(), CONTINUE)
})

t.test('fields read the same wherever their bytes lie', async () => {
  const field = fc.uint8Array({ maxLength: 20 })
  fc.assert(
    fc.property(fc.array(field, { maxLength: 20 }), fc.array(fc.boolean()), (fields, apart) => {
      const whole = Buffer.concat(fields)
      let at = 0
      const raw = fields.map((bytes, i) => {
        const piece = apart[i] === true ? Buffer.from(bytes) : whole.subarray(at, at + bytes.length)
        at += bytes.length
        return piece
      })
      const wanted = fields.map((bytes) => Buffer.from(bytes).toString('latin1'))
      return JSON.stringify(fieldsOf(raw)) === JSON.stringify(wanted)
    }),
  )
})

t.test('V89 odd framing is a flaw even where a parser lets it pass', async (t) => {
  const flaws = [
    { 'content-length': '2', 'transfer-encoding': 'chunked' },
    { 'content-length': ['2', '2'] },
    { 'content-length': '-1' },
    { 'content-length': '1e3' },
    { 'content-length': '9'.repeat(30) },
    { 'transfer-encoding': 'chunked, gzip' },
    { 'transfer-encoding': ['chunked', 'chunked'] },
    { 'transfer-encoding': '' },
  ]
  for (const headers of flaws) t.ok(flawOf(200, headers, []), JSON.stringify(headers))
  for (const headers of [{}, { 'content-length': '0' }, { 'transfer-encoding': ' Chunked ' }]) {
    t.equal(flawOf(200, headers, []), null)
  }
})

t.test('a reason phrase is kept only where it can be written again', async (t) => {
  t.equal(reasonOf('Not Found'), 'Not Found')
  for (const odd of [undefined, '\u0114', 'a\r\nb', 'x'.repeat(129)]) t.equal(reasonOf(odd), '')
})
