import t from 'tap'
import { MAX_HEAD_BYTES } from '../../../src/adapters/upstream/head-bytes.ts'
import { KEEP_ALIVE_MS, keepAliveMsOf, mayFollow } from '../../../src/adapters/upstream/keep-alive.ts'
import { CHUNKED, parseHead, type ReplyHead, UNTIL_CLOSE } from '../../../src/adapters/upstream/reply-head.ts'
import { ReplyParser } from '../../../src/adapters/upstream/reply-parser.ts'

const BEGIN = 'HTTP/1.1 200 OK\r\n'
const OK = `${BEGIN}content-length: 2\r\n\r\nok`
const CODED = `${BEGIN}transfer-encoding: chunked\r\n\r\n`

/** The head with these fields. */
function headOf(lines: string, begin = BEGIN): ReplyHead {
  const head = parseHead(`${begin}${lines}\r\n`)
  if (typeof head === 'string') throw new Error(`${head}: ${JSON.stringify(lines)}`)
  return head
}

/** A parser that has read this, and what it has told. */
function listen(text: string): { readonly parser: ReplyParser; readonly told: unknown[] } {
  const told: unknown[] = []
  const parser = new ReplyParser({
    onInterim: (head) => told.push(head),
    onHead: (head) => told.push(head),
    onData: (bytes) => told.push(Buffer.from(bytes).toString('latin1')),
    onEnd: (trailers) => told.push(trailers),
    onFlaw: () => told.push('flaw'),
  })
  parser.expect('GET')
  if (text !== '') parser.push(Buffer.from(text, 'latin1'))
  return { parser, told }
}

/** What is told of a chunked body. */
const bodyOf = (text: string): unknown[] => listen(CODED + text).told.slice(1)
const isFlaw = (text: string): boolean => typeof parseHead(text) === 'string'
/** A list of cases on few lines. */
const each = (...lists: string[]): string[] => lists.flatMap((list) => list.split('|'))

t.test('each byte has its place in a name, a value or a reason, or none', async (t) => {
  for (let code = 0; code < 256; code++) {
    const unit = String.fromCharCode(code)
    // RFC 9110 5.6.2 and 5.5, in words of our own.
    const isName = "!#$%&'*+-.^_`|~".includes(unit) || /[0-9A-Za-z]/.test(unit)
    const isText = unit === '\t' || (unit >= ' ' && unit !== '\x7f')
    // What is behind a colon is a value.
    t.equal(isFlaw(`${BEGIN}x${unit}y: 1\r\n`), !isName && unit !== ':', `${code} in a name`)
    t.equal(isFlaw(`${BEGIN}x: a${unit}b\r\n`), !isText, `${code} in a value`)
    t.equal(isFlaw(`HTTP/1.1 200 a${unit}b\r\nx: 1\r\n`), !isText, `${code} in a reason`)
  }
})

t.test('a status line is exactly a version, three digits and a reason that may be missing', async (t) => {
  const good = each('HTTP/1.1 200|HTTP/1.1 200 |HTTP/1.0 200 OK|HTTP/1.1 200  two')
  for (const line of good) t.notOk(isFlaw(`${line}\r\n`), line)
  const versions = 'HTTP/1.2 200|HTTP/2.0 200|HTTP/1.10 200|HTTP/1 200|http/1.1 200| HTTP/1.1 200|ICY 200|'
  const codes = 'HTTP/1.1  200|HTTP/1.1\t200|HTTP/1.1 2000|HTTP/1.1 20|HTTP/1.1 200OK|HTTP/1.1 \xb200'
  for (const line of each(versions, codes)) t.ok(isFlaw(`${line}\r\n`), line)
})

t.test('a reason that could not be written to a client is left out', async (t) => {
  const reasonOf = (reason: string): string => headOf('x: 1', `HTTP/1.1 200 ${reason}\r\n`).reason
  t.equal(reasonOf('Made it'), 'Made it')
  t.equal(reasonOf('\xe9') + reasonOf('x'.repeat(129)), '')
})

t.test('V87 a line that is not one field is a flaw', async (t) => {
  const lines = 'x : 1|x\t: 1| x: 1|x|: 1|x: 1\r\n y|x: 1\r\n\ty|x: 1\ny: 2|x: 1\ry: 2|x: \0|\r\nx: 1|x: 1\r'
  for (const line of each(lines)) t.ok(isFlaw(`${BEGIN}${line}\r\n`), JSON.stringify(line))
  t.ok(isFlaw(`${BEGIN}x: 1\n`) && isFlaw('HTTP/1.1 200 OK\nx: 1\r\n'))
})

t.test('fields keep order, case, repeats and bytes, without the blanks at the edges', async (t) => {
  const { fields } = headOf('X-B:1\r\nx-b:\t 2 \t\r\nempty:\r\nblank: \t \r\nx-b: :\r\nu: \xa0a\t b\xa0')
  t.equal(fields.join('|'), 'X-B|1|x-b|2|empty||blank||x-b|:|u|\xa0a\t b\xa0')
})

t.test('V93 two hundred fields pass, and one more is a flaw', async (t) => {
  const lines = 'a:\r\n'.repeat(200)
  t.ok(!isFlaw(BEGIN + lines) && isFlaw(`${BEGIN}${lines}a:\r\n`))
  t.strictSame(bodyOf(`0\r\n${lines}a:\r\n\r\n`), ['flaw'])
})

t.test('V89 a body has one length, or the coding chunked, or ends with the connection', async (t) => {
  const lengthOf = (lines: string): number => headOf(lines).bodyBytes
  t.equal(lengthOf('CONTENT-length:\t7 '), 7)
  t.equal(lengthOf('content-length: 007'), 7)
  t.equal(lengthOf('content-length: 999999999999999'), 999_999_999_999_999)
  t.equal(lengthOf('Transfer-ENCODING: \tChunKED\t'), CHUNKED)
  t.equal(lengthOf('content-lengthy: 1\r\nx-transfer-encoding: gzip\r\nkontent-length: 2'), UNTIL_CLOSE)
})

t.test('V89 a body whose end two readers could find in two places is a flaw', async (t) => {
  const lengths = '|+2|-2|2e1|0x2|0b1|2.0|2, 2|2,|2 2|"2"|2;|1_0|Infinity|\xa02|2\xa0|\xb2|1000000000000000'
  const codings = '|identity|gzip|gzip, chunked|chunked, gzip|chunked, chunked|chunked,|,chunked|chunked;q=1'
  const odd = '"chunked"|xchunked|chunke|\xa0chunked|chunked\xa0|chun ked|chunked chunked'
  const framing = each('content-length: 2|Content-LENGTH: 2|transfer-encoding: chunked')
  const lines = [
    ...each(lengths).map((length) => `content-length: ${length}`),
    ...each(codings, odd).map((coding) => `transfer-encoding: ${coding}`),
    ...framing.flatMap((one) => framing.map((other) => `${one}\r\nx: y\r\n${other}`)),
  ]
  for (const line of lines) t.ok(isFlaw(`${BEGIN}${line}\r\n`), JSON.stringify(line))
  t.ok(isFlaw('HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n'), 'a coding in HTTP/1.0')
})

t.test('no request follows where the next reply might not begin where this one ends', async (t) => {
  const framed = each('content-length: 9|transfer-encoding: chunked')
  // Who announces a body where none may be might send it.
  for (const begin of ['HTTP/1.1 204\r\n', 'HTTP/1.1 304\r\n']) {
    for (const lines of each('etag: "a"|content-length: 0')) t.ok(mayFollow(headOf(lines, begin)), lines)
    for (const lines of framed) t.notOk(mayFollow(headOf(lines, begin)), begin + lines)
  }
  for (const lines of framed) t.ok(mayFollow(headOf(lines)), lines)
  for (const lines of each('etag: "a"|connection: keep-alive')) t.notOk(mayFollow(headOf(lines)), lines)
})

t.test('no request follows on a connection that the peer says, or HTTP/1.0 means, to close', async (t) => {
  const may = (value: string, version: string): boolean =>
    mayFollow(headOf(`content-length: 0\r\nconnection: ${value}`, `HTTP/1.${version} 200\r\n`))
  const close = 'close|Close|CLOSE|keep-alive, close|close,x|,close,|x\t,\tclOse |x, close\r\nx: y'
  const lines = 'close\r\nconnection: keep-alive|keep-alive\r\nConnection: close'
  for (const value of each(close, lines)) t.notOk(may(value, '0') || may(value, '1'), value)
  for (const odd of each('closed|x-close|close x|"close"|')) t.ok(may(odd, '1') && !may(odd, '0'), odd)
  for (const value of each('keep-alive|x ,Keep-Alive')) t.ok(may(value, '1') && may(value, '0'), value)
  t.notOk(mayFollow(headOf('content-length: 0', 'HTTP/1.0 200 OK\r\n')))
})

t.test('a connection is kept for less than the peer keeps it, within bounds', async (t) => {
  const keptMs = (value: string): number => {
    const head = headOf(`content-length: 0\r\nKeep-Alive: ${value}`)
    return mayFollow(head) ? keepAliveMsOf(head) : -1
  }
  for (const value of each('timeout=0|timeout=2|max=9, timeout=1|TIMEOUT=1'))
    t.equal(keptMs(value), -1, value)
  const unsaid = '|max=5|timeout|timeout=|timeout=-5|timeout=x|xtimeout=9|timeout=5s|timeout=1e3'
  for (const value of each(unsaid)) t.equal(keptMs(value), KEEP_ALIVE_MS, value)
  for (const value of each('timeout=5|max=9,Timeout=5|timeout=05;x')) t.equal(keptMs(value), 3000, value)
  t.equal(keptMs('timeout=999999999'), 60_000)
})

t.test('what frames, routes or changes the meaning of a message is dropped from trailers', async (t) => {
  const framing = 'Content-Length|TRANSFER-ENCODING|connection|keep-alive|te|trailer|upgrade|Host|location'
  const meaning = 'content-type|content-encoding|content-range|cache-control|vary|Set-Cookie|authorization'
  const lines = each(framing, meaning, 'www-authenticate').map((name) => `${name}: 1\r\n`)
  const kept = 'X-Sum: \xe9 \r\nx-sum:\r\n\r\n'
  t.strictSame(bodyOf(`0\r\n${lines.join('')}${kept}`), [['X-Sum', '\xe9', 'x-sum', '']])
})

t.test('a malformed trailer is a flaw, and so are trailers that are too long, before they end', async (t) => {
  for (const line of each('x : 1|x| fold|: 1|x: \0|x: 1\r|x: 1\ny: 2|host : 1|x: 1\n\r\n|\n')) {
    t.strictSame(bodyOf(`0\r\nx: 1\r\n${line}\r\n\r\n`), ['flaw'], JSON.stringify(line))
  }
  t.strictSame(bodyOf(`0\r\nx: ${'1'.repeat(MAX_HEAD_BYTES)}`), ['flaw'])
  t.strictSame(bodyOf(`0\r\n${`x: ${'1'.repeat(999)}\r\n`.repeat(66)}`), ['flaw'])
})

t.test('V89 a chunk that is not exactly one is a flaw, and nothing behind it is read', async (t) => {
  const sizes = '| |g|-1|+1|0x1|1.0| 1|1 |1\t|1_0|1,1|1;\0|1;a\rb|1\r|1;\x7f|0000000000001|fffffffffffff'
  for (const line of [...each(sizes).map((size) => `${size}\r\n`), '1\n', '\n', '1;a\n', '1'.repeat(4097)]) {
    t.strictSame(bodyOf(`${line}a\r\n0\r\n\r\n`), ['flaw'], JSON.stringify(line))
  }
  for (const behind of each('|\n|\r|b\r\n| \r\n|\r\r\n')) {
    t.strictSame(bodyOf(`1\r\na${behind}0\r\n\r\n\r\n`), ['a', 'flaw'], JSON.stringify(behind))
  }
  const whole = each('ffffffffffff|7fffffff|80000001|100000001|000000000004')
  for (const size of whole) t.strictSame(bodyOf(`${size}\r\nabc`), ['abc'], size)
})

t.test('extensions are read over, up to 4 KB a line and 16 KB a reply', async (t) => {
  for (const more of each(';a|;a=b|;a="b c"| ; a = b|;a;b')) {
    t.strictSame(bodyOf(`1${more}\r\na\r\n0${more}\r\n\r\n`), ['a', []], more)
  }
  const chunk = (bytes: number): string => `1${';'.padEnd(bytes, 'x')}\r\na\r\n`
  t.strictSame(bodyOf(chunk(4094)), ['flaw'])
  t.strictSame(bodyOf(`1${';'.padEnd(4096, 'x')}`), ['flaw'], 'before the line ends')
  t.strictSame(bodyOf(chunk(4093).repeat(4) + chunk(12)), [...'aaaaa'])
  t.strictSame(bodyOf(chunk(4093).repeat(4) + chunk(13)), [...'aaaa', 'flaw'])
})

t.test('what is left of a reply that broke off does not stand in front of the next one', async (t) => {
  const interim = 'HTTP/1.1 103 Hints\r\nx: y\r\n\r\n'
  const long = interim.repeat(16) + CODED + `1;${'x'.repeat(4000)}\r\na\r\n`.repeat(4)
  const short = `${interim}${CODED}1;a\r\na\r\n0\r\nx: 1\r\ny: 2\r\n\r\n`
  for (const reply of [short, `${OK}HTTP`, `${BEGIN}\r\nabc`, long]) {
    const { told } = listen(reply)
    for (let at = 1; at <= reply.length; at += at < 500 ? 1 : 97) {
      const next = listen(reply.slice(0, at))
      next.told.length = 0
      next.parser.expect('GET')
      next.parser.push(Buffer.from(reply))
      if (JSON.stringify(next.told) !== JSON.stringify(told)) t.fail(`broken off at ${at}`)
    }
    t.pass(`broken off ${reply.length} times`)
  }
})

t.test('V88 only a body that ends with the connection is whole when the connection ends', async (t) => {
  for (const text of [`${BEGIN}\r\n`, 'HTTP/1.0 200 OK\r\n\r\nabc']) t.ok(listen(text).parser.end(), text)
  const cut = ['', 'HTTP', OK.slice(0, -1), `${CODED}1\r\na\r\n`, `${CODED}0\r\n`, OK]
  for (const text of cut) t.notOk(listen(text).parser.end(), text)
})

t.test('V93 a head in single bytes costs no more for each of them when it is long', async (t) => {
  const { copy, indexOf } = Buffer.prototype
  t.teardown(() => Object.assign(Buffer.prototype, { copy, indexOf }))
  let work = 0
  Object.assign(Buffer.prototype, {
    copy(this: Buffer, ...args: Parameters<typeof copy>): number {
      const copied = copy.apply(this, args)
      work += copied
      return copied
    },
    indexOf(this: Buffer, what: string, from = 0): number {
      work += this.length - from
      return indexOf.call(this, what, from)
    },
  })
  const workOfOne = (length: number): number => {
    const text = Buffer.from(`${BEGIN}x: ${'a'.repeat(length)}\r\ncontent-length: 0\r\n\r\n`)
    const { parser, told } = listen('')
    work = 0
    for (let at = 0; at < text.length; at++) parser.push(text.subarray(at, at + 1))
    t.equal(told.length, 2)
    return work / length
  }
  const short = workOfOne(4000)
  t.ok(short >= 1 && workOfOne(64_000) < 1.5 * short)
})

t.test('V93 what cannot become a head any more is a flaw at once', async (t) => {
  const long = `${BEGIN}x: `.padEnd(MAX_HEAD_BYTES, 'x')
  t.strictSame(listen(long).told, [])
  for (const text of [`${long}xxxx`, 'S', 'HTTP/2', '\r\n', 'HTTP/1.1 200 OK\n', `${BEGIN}x\n`]) {
    const { parser, told } = listen('')
    for (const unit of text) parser.push(Buffer.from(unit))
    t.strictSame([...told, ...listen(text).told], ['flaw', 'flaw'])
  }
})

t.test('V93 a head may have as many bytes as are allowed, however its end is cut', async (t) => {
  for (const more of [0, 1]) {
    const head = `${`${BEGIN}content-length: 0\r\nx: `.padEnd(MAX_HEAD_BYTES + more, 'x')}\r\n\r\n`
    for (let cut = head.length - 4; cut < head.length; cut++) {
      const { parser, told } = listen(head.slice(0, cut))
      parser.push(Buffer.from(head.slice(cut)))
      t.strictSame(told.at(-1), more === 0 ? [] : 'flaw', `cut at ${cut}`)
    }
  }
})
