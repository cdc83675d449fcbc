import { deepStrictEqual } from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import type { ReplyHead } from '../../../src/adapters/upstream/reply-head.ts'
import { ReplyParser, type ReplyReader } from '../../../src/adapters/upstream/reply-parser.ts'

type Kind = 'interim' | 'head' | 'data' | 'end' | 'flaw'
type Told = [kind: Kind, what?: unknown]

/** Writes down what it is told; the pieces of a body are one. */
class Listener implements ReplyReader {
  readonly told: Told[] = []
  isLast: boolean | null = null
  readonly #on: Kind | null
  readonly #act: () => void

  /** @param act is done within the call that tells of an event of this kind, each time */
  constructor(on: Kind | null = null, act: () => void = () => undefined) {
    this.#on = on
    this.#act = act
  }
  onInterim(head: ReplyHead): void {
    this.#tell('interim', head)
  }
  onHead(head: ReplyHead): void {
    this.#tell('head', head)
  }
  onData(bytes: Uint8Array): void {
    const text = Buffer.from(bytes).toString('latin1')
    const last = this.told.at(-1)
    this.#tell('data', last?.[0] === 'data' ? `${this.told.pop()?.[1]}${text}` : text)
  }
  onEnd(trailers: readonly string[], isLast: boolean): void {
    this.isLast = isLast
    this.#tell('end', trailers)
  }
  onFlaw(): void {
    this.#tell('flaw')
  }
  #tell(...told: Told): void {
    this.told.push(told)
    if (told[0] === this.#on) this.#act()
  }
}

/** Has a reply read in pieces, each in the same bytes as the one before, as a socket with a read buffer does. */
function read(reply: string, cuts: readonly number[] = [], method = 'GET'): Listener {
  const listener = new Listener()
  const parser = new ReplyParser(listener)
  const all = Buffer.from(reply, 'latin1')
  const space = Buffer.alloc(all.length)
  const bounds = [...cuts.map((cut) => cut % (all.length + 1)), all.length].sort((a, b) => a - b)
  let at = 0
  parser.expect(method)
  for (const bound of bounds) {
    if (bound > at) parser.push(space.subarray(0, all.copy(space, 0, at, bound)))
    space.fill('\n')
    at = bound
  }
  parser.end()
  return listener
}

/** Read to the end, with nothing behind it. */
const isWhole = ({ isLast }: Listener): boolean => isLast === true
const bytewise = (reply: string): number[] => Array.from(reply, (_, i) => i)

const of = (...units: string[]): fc.Arbitrary<string> => fc.constantFrom(...units)
const join = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((texts) => texts.join(''))
const many = (part: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> =>
  fc.array(part, { maxLength }).map((texts) => texts.join(''))
const value = many(of('a', 'Z', '0', ' ', '\t', ',', '"', ':', '\x80', '\xa0', '\xff'), 8)
const name = of('X-A', 'x-a', 'Set-Cookie', 'x!~|', 'Keep-Alive')
const fields = many(join(name, of(':', ': '), value, of('\r\n')), 3)
const body = many(of('a', '\r', '\n', '\r\n', '0', '\0', 'HTTP/1.1 200 OK\r\n\r\n', '\xff'), 6)
const reason = of('', ' ', ' OK', ' \xe9', ' a b')
const line = join(of('HTTP/1.1 '), of('200', '206', '302', '404', '599'), reason, of('\r\n'))
const older = of('HTTP/1.0 200 OK\r\n', 'HTTP/1.1 500\r\nconnection: close\r\n')
const interims = many(join(of('HTTP/1.1 100 Go\r\n', 'HTTP/1.1 103 Hints\r\n'), fields, of('\r\n')), 2)
const counted = body.map((text) => `Content-Length: ${text.length}\r\n\r\n${text}`)
const extension = of('', '', ';a', ';a=b;c', ';a="b c"')
const chunk = fc
  .tuple(body, extension)
  .map(([text, more]) => (text === '' ? '' : `${text.length.toString(16)}${more}\r\n${text}\r\n`))
const coding = of('Transfer-Encoding: Chunked\r\n\r\n')
const trailers = many(of('x-t: 1\r\n', 'X-Sum:\ta \r\n', 'set-cookie: a=b\r\n', 'host: x\r\n'), 3)
const chunked = join(coding, many(chunk, 3), of('0', '000'), extension, of('\r\n'), trailers, of('\r\n'))
const none = join(
  of('HTTP/1.1 204 None\r\n', 'HTTP/1.1 304 Same\r\ncontent-length: 9\r\n'),
  fields,
  of('\r\n'),
)
const valid = join(
  interims,
  fc.oneof(join(line, fields, counted), join(line, fields, chunked), join(older, of('\r\n'), body), none),
)
const come = of('', '', '\r', '\n', '\r\n', '\0', ' ', '\t', ':', ';', ',', '0', '9', 'f', '+', '-', '\xe9')
const lines = of('close', 'content-length: 1\r\n', 'transfer-encoding: chunked\r\n')
const edit = fc.record({
  at: fc.nat(2000),
  gone: fc.nat(2),
  come: fc.oneof({ weight: 6, arbitrary: come }, lines),
})
/** Replies as they should be, and such with up to two edits. */
const reply = fc.tuple(valid, fc.array(edit, { maxLength: 2 })).map(([text, edits]) =>
  edits.reduce((old, { at, gone, come }) => {
    const place = at % old.length
    return old.slice(0, place) + come + old.slice(place + gone)
  }, text),
)
const method = of('GET', 'GET', 'GET', 'HEAD')

t.test(
  'however a reply is cut, the same is told, and nothing of it is kept in the read buffer',
  async (t) => {
    const cut = fc.array(fc.nat(2000), { maxLength: 6 })
    const isSame = fc.property(reply, method, cut, (text, method, cuts) => {
      const { told } = read(text, [], method)
      for (const pieces of [cuts, bytewise(text)]) deepStrictEqual(read(text, pieces, method).told, told)
    })
    t.doesNotThrow(() => fc.assert(isSame, { numRuns: 1000 }))
  },
)

/** What is left of the events when it does not matter who tells them. */
function plain(told: readonly Told[]): Told[] {
  const lean = ({ status, fields }: ReplyHead): unknown => ({ status, fields })
  return told.map(([kind, what]) => [
    kind,
    kind === 'head' || kind === 'interim' ? lean(what as ReplyHead) : what,
  ])
}

/** The events that Node's own client makes of a reply, or its error code. */
async function nodeReads(port: number, method: string): Promise<Told[] | string> {
  const told: Told[] = []
  const failed = { code: '' }
  const sent = request({ host: '127.0.0.1', port, method, agent: false }).end()
  sent.on('information', (m) => told.push(['interim', { status: m.statusCode, fields: m.rawHeaders }]))
  sent.on('error', (error: NodeJS.ErrnoException) => Object.assign(failed, { code: error.code }))
  try {
    const [message] = await once(sent, 'response')
    told.push(['head', { status: message.statusCode, fields: message.rawHeaders }])
    const body = (await message.toArray()).map((bytes: Buffer) => bytes.toString('latin1')).join('')
    if (body !== '') told.push(['data', body])
    return [...told, ['end', trailersOf(message.rawTrailers)]]
  } catch {
    return failed.code
  }
}

/** Without the names of the grammar, and of its edits, that are no trailers. */
function trailersOf(flat: readonly string[]): string[] {
  const isDropped = (name = ''): boolean => /^(set-cookie|host|content-length|transfer-encoding)$/i.test(name)
  return flat.filter((_, i) => !isDropped(flat[i - (i % 2)]))
}

/**
 * Where Node does not follow the RFCs: it takes a coding with a tab behind it for another one (9110 5.6.3), and refuses
 * extensions that are to be ignored (9112 7.1.1), a length among the trailers, and all behind an interim reply that closes.
 */
function isOdd(error: unknown, text: string): boolean {
  if (error === 'HPE_CLOSED_CONNECTION') return /^HTTP.1.0 1|^connection:.*close.*HTTP/ims.test(text)
  if (error === 'HPE_INVALID_CONTENT_LENGTH') return /chunked.*\r\n\r\n.*content-length/is.test(text)
  if (/chunked *\t/i.test(text)) return true
  return /^HPE_(STRICT|INVALID_CHUNK_SIZE)$/.test(String(error)) && /\n[0-9a-f]+[\t ]*;.*\r\n/i.test(text)
}

t.test("what is read whole, Node's own client reads whole and as the same", async (t) => {
  let answer = ''
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(Buffer.from(answer, 'latin1')))
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const isReadAlike = fc.asyncProperty(reply, method, async (text, method) => {
    const ours = read(text, [], method)
    if (!isWhole(ours)) return
    answer = text
    const nodes = await nodeReads(port, method)
    if (!isOdd(nodes, text)) deepStrictEqual(plain(ours.told), nodes)
  })
  await t.resolves(fc.assert(isReadAlike, { numRuns: 500 }))
})

t.test('of the random replies enough are read whole, and enough are not', async (t) => {
  const whole = fc.sample(reply, { numRuns: 1000, seed: 89 }).filter((text) => isWhole(read(text)))
  t.ok(whole.length > 400 && whole.length < 900, `${whole.length} of 1000`)
  t.ok(fc.sample(valid, { numRuns: 300, seed: 89 }).every((text) => isWhole(read(text))))
})

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
const STRAY = 'HTTP/1.1 100 Continue\r\ncontent-length: 2\r\n\r\n'
const OK_TOLD = read(OK).told

t.test('V92 sixteen interim replies pass, the seventeenth is a flaw', async (t) => {
  for (const cuts of [[], bytewise(STRAY.repeat(17))]) {
    t.strictSame(read(STRAY.repeat(16) + OK, cuts).told.slice(16), OK_TOLD)
    t.strictSame(read(STRAY.repeat(17) + OK, cuts).told.slice(16), [['flaw']])
  }
})

t.test('V92 a 101 and a status that no reply has are flaws, wherever they come', async (t) => {
  for (const status of ['101', '000', '099', '600', '999']) {
    const odd = `HTTP/1.1 ${status} Odd\r\nupgrade: h2c\r\ncontent-length: 0\r\n\r\n`
    t.strictSame(plain(read(odd + OK).told), [['flaw', undefined]], status)
    t.strictSame(plain(read(STRAY + odd + OK).told).slice(1), [['flaw', undefined]], status)
  }
})

t.test('V95 only a reply with nothing behind it is told to be the last', async (t) => {
  const ends = [OK, `${CHUNKED}0\r\n\r\n`, 'HTTP/1.1 204 None\r\n\r\n']
  for (const whole of ends) {
    t.equal(read(whole).isLast, true, whole)
    t.equal(read(`${whole}H`).isLast, false, whole)
  }
})

const KINDS = ['interim', 'head', 'data', 'end'] as const

/** What is told to a reader that ends the exchange when it is told of one thing, and may expect another reply at once. */
function toldUpTo(kind: Kind, next: string | null): Kind[] {
  let isEnded = false
  const listener = new Listener(kind, () => {
    if (!isEnded) parser.stop()
    if (!isEnded && next !== null) parser.expect(next)
    isEnded = true
  })
  const parser: ReplyParser = new ReplyParser(listener)
  parser.expect('GET')
  parser.push(Buffer.from(`${STRAY}${CHUNKED}1\r\na\r\n0\r\n\r\n${STRAY}${OK}`))
  parser.push(Buffer.from('HTTP/1.1 204 None\r\n\r\n'))
  return listener.told.map(([kind]) => kind)
}
for (const [i, kind] of KINDS.entries()) {
  t.test(`a reader that stops within ${kind} is told nothing more`, async (t) => {
    t.strictSame(toldUpTo(kind, null), KINDS.slice(0, i + 1))
  })
  t.test(`a reader that asks anew within ${kind} is told of the new reply only`, async (t) => {
    t.strictSame(toldUpTo(kind, 'GET'), [...KINDS.slice(0, i + 1), 'head', 'end'])
  })
}
