/** What the driver needs to know of one response. */
export interface Reply {
  readonly status: number
  readonly bodyBytes: number
  readonly keepAlive: boolean
}

type State = 'head' | 'body' | 'until-close' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer'

const maxHeadBytes = 65_536
const maxLineBytes = 4096
const empty = Buffer.alloc(0)

/**
 * A minimal HTTP/1.1 response parser (RFC 9112): content-length, chunked and until-close bodies, 1xx heads
 * passed over. It counts body bytes and keeps none. Responses to HEAD are not its business.
 *
 * @throws Error from `push` and `end` when the bytes are no well-formed response; the parser is then spent
 */
export class ReplyParser {
  readonly #onReply: (reply: Reply) => void
  #state: State = 'head'
  #bytes: Buffer = empty
  #offset = 0
  #status = 0
  #keepAlive = true
  #bodyBytes = 0
  #leftBytes = 0

  constructor(onReply: (reply: Reply) => void) {
    this.#onReply = onReply
  }

  push(chunk: Buffer): void {
    this.#bytes = this.#offset < this.#bytes.length ? Buffer.concat([this.#rest(), chunk]) : chunk
    this.#offset = 0
    while (this.#offset < this.#bytes.length && this.#step());
  }

  /** The peer has closed: completes an until-close body; anything else half-read is an error. */
  end(): void {
    if (this.#state === 'until-close') this.#complete()
    else if (this.#state !== 'head' || this.#offset < this.#bytes.length)
      throw new Error('response cut short')
  }

  #rest(): Buffer {
    return this.#bytes.subarray(this.#offset)
  }

  /** @returns false when more bytes are needed */
  #step(): boolean {
    switch (this.#state) {
      case 'head':
        return this.#readHead()
      case 'body':
      case 'chunk-data':
        return this.#readData()
      case 'until-close':
        return this.#readUntilClose()
      default:
        return this.#readLine()
    }
  }

  #readHead(): boolean {
    const end = this.#bytes.indexOf('\r\n\r\n', this.#offset, 'latin1')
    if ((end < 0 ? this.#bytes.length : end) - this.#offset > maxHeadBytes) throw new Error('head too long')
    if (end < 0) return false
    const head = this.#bytes.toString('latin1', this.#offset, end + 2)
    this.#offset = end + 4
    this.#startReply(head)
    return true
  }

  #startReply(head: string): void {
    const status = /^HTTP\/1\.1 ([1-5]\d\d)[ \r]/.exec(head)?.[1]
    if (status === undefined || status === '101') throw new Error('not an HTTP/1.1 response')
    this.#status = Number(status)
    if (this.#status < 200) return
    this.#bodyBytes = 0
    this.#keepAlive = !/\r\nconnection:[ \t]*close/i.test(head)
    this.#startBody(head)
  }

  #startBody(head: string): void {
    const length = /\r\ncontent-length:[ \t]*([^\r]*?)[ \t]*\r/i.exec(head)?.[1]
    if (this.#status === 204 || this.#status === 304) this.#complete()
    else if (/\r\ntransfer-encoding:[^\r]*chunked[ \t]*\r/i.test(head)) this.#state = 'chunk-size'
    else if (length === undefined) this.#startUntilClose()
    else if (/^\d{1,15}$/.test(length)) this.#expect('body', Number(length))
    else throw new Error('bad content-length')
  }

  #startUntilClose(): void {
    this.#keepAlive = false
    this.#state = 'until-close'
  }

  #expect(state: 'body' | 'chunk-data', bytes: number): void {
    this.#leftBytes = bytes
    this.#state = state
    if (bytes === 0) this.#complete()
  }

  #readData(): boolean {
    const taken = Math.min(this.#leftBytes, this.#bytes.length - this.#offset)
    this.#take(taken)
    this.#leftBytes -= taken
    if (this.#leftBytes > 0) return false
    if (this.#state === 'body') this.#complete()
    else this.#state = 'chunk-end'
    return true
  }

  #readUntilClose(): boolean {
    this.#take(this.#bytes.length - this.#offset)
    return false
  }

  #take(bytes: number): void {
    this.#offset += bytes
    this.#bodyBytes += bytes
  }

  #readLine(): boolean {
    const end = this.#bytes.indexOf('\r\n', this.#offset, 'latin1')
    if ((end < 0 ? this.#bytes.length : end) - this.#offset > maxLineBytes) throw new Error('line too long')
    if (end < 0) return false
    const line = this.#bytes.toString('latin1', this.#offset, end)
    this.#offset = end + 2
    this.#onLine(line)
    return true
  }

  #onLine(line: string): void {
    if (this.#state === 'chunk-size') this.#startChunk(line)
    else if (this.#state === 'trailer') {
      if (line === '') this.#complete()
    } else if (line === '') this.#state = 'chunk-size'
    else throw new Error('chunk longer than its size')
  }

  #startChunk(line: string): void {
    const size = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(line)?.[1]
    if (size === undefined) throw new Error('bad chunk size')
    const bytes = Number.parseInt(size, 16)
    if (bytes === 0) this.#state = 'trailer'
    else this.#expect('chunk-data', bytes)
  }

  #complete(): void {
    this.#state = 'head'
    this.#onReply({ status: this.#status, bodyBytes: this.#bodyBytes, keepAlive: this.#keepAlive })
  }
}
