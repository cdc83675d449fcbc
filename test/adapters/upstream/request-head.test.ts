import { PassThrough } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { requestHead } from '../../../src/adapters/upstream/request-head.ts'
import { UpstreamFailure, type UpstreamRequest } from '../../../src/core/upstream.ts'
import { ask } from './kit.ts'

const HOST = ['host', 'api.example.com']

interface Parsed {
  readonly start: string
  readonly fields: readonly (readonly [string, string])[]
}

/** Reads a head as a peer would, and knows nothing of how it was written; null is no head, or more than one. */
function parse(text: string): Parsed | null {
  const lines = text.split('\r\n')
  if (lines.pop() !== '' || lines.pop() !== '' || lines.includes('')) return null
  // A lone CR or LF ends a line for some readers (RFC 9112 2.2), a NUL ends it for others.
  if (lines.some((line) => /[\r\n\0]|[^\0-\xff]/.test(line))) return null
  const [start = '', ...rest] = lines
  return {
    start,
    fields: rest.map((line) => [line.split(':', 1)[0] ?? '', line.slice(line.indexOf(':') + 2)]),
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, flat[i + 1] ?? '']] : []))
}

function head(more: Partial<UpstreamRequest>, isLast = false): Parsed {
  const parsed = parse(requestHead(ask(more).request, isLast).text)
  if (parsed === null) throw new Error('not one head')
  return parsed
}

function refusal(more: Partial<UpstreamRequest>): unknown {
  try {
    return requestHead(ask(more).request, false).text
  } catch (error) {
    return error instanceof UpstreamFailure ? error.code : error
  }
}

/** What the gate writes itself, whatever the request brings. */
const OURS = new Set(['content-length', 'transfer-encoding', 'connection'])

function framingOf(fields: Parsed['fields']): string[] {
  return fields.filter(([name]) => OURS.has(name)).map((field) => field.join(': '))
}

/** Fragments that make a line, a field or a request of their own where one is written without care. */
const evil = fc.constantFrom(
  ...[
    '\r\n',
    '\n',
    '\r',
    '\0',
    '\r\n\r\n',
    ' ',
    '\t',
    ':',
    ': ',
    '/',
    ' HTTP/1.1',
    '\x7f',
    'é',
    'Ĕ',
    '\u{10000}',
  ],
  ...[
    'x: y',
    '\r\nx: y',
    ': y\r\nx',
    ' HTTP/1.1\r\nx: y',
    '\r\ntransfer-encoding: chunked',
    'GET / HTTP/1.1\r\na:',
  ],
)
const evilText = fc.array(fc.oneof(evil, fc.constantFrom('a', 'b', '/c', 'host')), { maxLength: 4 })
const orEvil = (good: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 12, arbitrary: good },
    { weight: 1, arbitrary: evilText.map((parts) => parts.join('')) },
    { weight: 1, arbitrary: fc.tuple(good, evil, good).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  )

const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'M-SEARCH')
const target = fc.constantFrom('/', '/a/b?c=d', '/%0d%0a', '/!~\x80\xe9\xff', '//x', '/:a:b')
const name = fc.constantFrom('accept', 'X-A', 'x_b', "!#$%&'*+-.^_`|~", 'cookie', 'via', 'content-type')
const value = fc.constantFrom('', 'a', 'a: b', 'a\tb', ' a ', '\xff', 'chunked', 'close, x', '"quoted"')
const framing = fc.constantFrom(
  'Host',
  'content-length',
  'Transfer-Encoding',
  'connection',
  'upgrade',
  'expect',
)
const fieldOf = (names: fc.Arbitrary<string>, values: fc.Arbitrary<string>) => fc.tuple(names, values)
const body = fc.constantFrom(null, Buffer.alloc(0), Buffer.from('abc'), new PassThrough())

/** Whether the text is this request, its fields in their order, and behind them our framing and nothing else. */
function isExactly(text: string, { method, target, headers }: UpstreamRequest, isLast: boolean): boolean {
  const parsed = parse(text)
  const brought = pairs(headers).filter(([name]) => name.toLowerCase() !== 'content-length')
  const rest = parsed?.fields.slice(brought.length) ?? []
  return (
    parsed?.start === `${method} ${target} HTTP/1.1` &&
    isDeepStrictEqual(parsed.fields.slice(0, brought.length), brought) &&
    isDeepStrictEqual(rest[0], ['connection', isLast ? 'close' : 'keep-alive']) &&
    rest.slice(1).every(([name], i) => i === 0 && (name === 'content-length' || name === 'transfer-encoding'))
  )
}

t.test('whatever a request is made of, it is refused or written as exactly that one request', async (t) => {
  const names = fc.oneof({ weight: 12, arbitrary: orEvil(name) }, { weight: 1, arbitrary: framing })
  const fields = fc.array(fieldOf(names, orEvil(value)), { maxLength: 4 })
  const outcomes = { written: 0, refused: 0 }
  fc.assert(
    fc.property(
      orEvil(method),
      orEvil(target),
      fields,
      body,
      fc.boolean(),
      (method, target, fields, body, isLast) => {
        const headers = [...HOST, ...fields.flat()]
        const { request } = ask({ method, target, headers, body })
        let text: string
        try {
          text = requestHead(request, isLast).text
        } catch (error) {
          outcomes.refused++
          return error instanceof UpstreamFailure && error.code === 'internal'
        }
        outcomes.written++
        return isExactly(text, request, isLast)
      },
    ),
    { numRuns: 3000 },
  )
  t.ok(outcomes.written > 300 && outcomes.refused > 300, `${JSON.stringify(outcomes)}: both happen`)
})

t.test('a well-formed request is never refused', async () => {
  const fields = fc.array(fieldOf(name, value), { maxLength: 6 })
  fc.assert(
    fc.property(method, target, fields, body, (method, target, fields, body) => {
      const headers = [...fields.slice(0, 2).flat(), ...HOST, ...fields.slice(2).flat()]
      return head({ method, target, headers, body }).start === `${method} ${target} HTTP/1.1`
    }),
    { numRuns: 500 },
  )
})

t.test('no part of a request can bring a field of its own', async (t) => {
  const smuggled = 'x\r\ntransfer-encoding: chunked'
  for (const [part, more] of Object.entries({
    value: { headers: [...HOST, 'a', smuggled] },
    'last value': { headers: ['a', 'b', 'host', smuggled] },
    name: { headers: [...HOST, 'a: b\r\nc', 'd'] },
    'name with a colon': { headers: [...HOST, 'transfer-encoding: chunked, x', 'd'] },
    target: { target: '/ HTTP/1.1\r\nhost: evil\r\nx:' },
    method: { method: 'GET / HTTP/1.1\r\nhost: evil\r\nx:' },
  })) {
    t.equal(refusal(more), 'internal', part)
  }
})

t.test('one host is written, not none and not two', async (t) => {
  t.equal(refusal({ headers: [] }), 'internal')
  t.equal(refusal({ headers: ['accept', '*/*'] }), 'internal')
  // RFC 9112 3.2: two readers could take two of them for two requests.
  t.equal(refusal({ headers: ['host', 'a', 'Host', 'a'] }), 'internal')
  t.strictSame(head({ headers: ['HOST', 'a'] }).fields[0], ['HOST', 'a'])
})

t.test('what frames a request or its connection cannot be brought along, in any case', async (t) => {
  const names = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect']
  for (const name of [...names, ...names.map((name) => name.toUpperCase()), 'Transfer-encodinG']) {
    t.equal(refusal({ headers: [...HOST, name, 'x'] }), 'internal', name)
  }
})

t.test('a length is one number, and there is one of it', async (t) => {
  const body = new PassThrough()
  for (const length of ['', '-1', '+1', '1,1', '0x1', '1 ', ' 1', '1.0', '1e3', '９', '9'.repeat(17)]) {
    t.equal(
      refusal({ method: 'POST', body, headers: [...HOST, 'content-length', length] }),
      'internal',
      length,
    )
  }
  // The same number twice is two readings for those who take a list (RFC 9112 6.3).
  const twice = [...HOST, 'content-length', '1', 'Content-Length', '1']
  t.equal(refusal({ method: 'POST', body, headers: twice }), 'internal')
})

t.test('a length that is declared is the length that is written and held to', async () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 10n ** 16n - 1n }), (length) => {
      const headers = [...HOST, 'content-length', String(length)]
      const { request } = ask({ method: 'POST', body: new PassThrough(), headers })
      let written: ReturnType<typeof requestHead>
      try {
        written = requestHead(request, false)
      } catch (error) {
        return error instanceof UpstreamFailure && length >= 10n ** 15n
      }
      const [, line] = framingOf(parse(written.text)?.fields ?? [])
      return line === `content-length: ${length}` && BigInt(written.bodyBytes ?? -1) === length
    }),
    { numRuns: 200, examples: [[9_999_999_999_999_999n], [9_007_199_254_740_993n]] },
  )
})

t.test('a length of 0 is told only where a method has content', async (t) => {
  const headers = [...HOST, 'content-length', '0']
  for (const method of ['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH']) {
    t.strictSame(
      framingOf(head({ method, headers }).fields),
      ['connection: keep-alive', 'content-length: 0'],
      method,
    )
  }
  for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS']) {
    t.strictSame(framingOf(head({ method, headers }).fields), ['connection: keep-alive'], method)
  }
})

t.test('the body decides the framing: none, its bytes, what is declared, or chunks', async (t) => {
  const declared = [...HOST, 'content-length', '5']
  const framed = (more: Partial<UpstreamRequest>): string | undefined =>
    framingOf(head({ method: 'POST', ...more }).fields)[1]
  // Whoever declares a body that does not come would have the next request read as it.
  t.equal(framed({ headers: declared, body: null }), 'content-length: 0')
  t.equal(framed({ headers: declared, body: Buffer.from('abc') }), 'content-length: 3')
  t.equal(framed({ headers: declared, body: new PassThrough() }), 'content-length: 5')
  t.equal(framed({ headers: HOST, body: Buffer.from('abc') }), 'content-length: 3')
  t.equal(framed({ headers: HOST, body: new PassThrough() }), 'transfer-encoding: chunked')
  t.equal(framed({ method: 'GET', headers: HOST, body: new PassThrough() }), 'transfer-encoding: chunked')
})
