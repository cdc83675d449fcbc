import { HeadBytes } from './head-bytes.ts'
import { CHUNKED, parseHead, parseTrailers, type ReplyHead, UNTIL_CLOSE } from './reply-head.ts'

/** What a parser tells as it reads. */
export interface ReplyReader {
  /** An interim reply (RFC 9110 15.2). */
  onInterim(head: ReplyHead): void
  onHead(head: ReplyHead): void
  /** @param bytes of the body; they belong to the parser again after the call */
  onData(bytes: Uint8Array): void
  /** @param isLast nothing has been read beyond this reply */
  onEnd(trailers: readonly string[], isLast: boolean): void
  /** These bytes are no reply, or none that can be handed on; nothing else is told of it. */
  onFlaw(why: string): void
}

/** A chunk's size with its extensions, of which all chunks of a reply together may have as much. */
const MAX_LINE_BYTES = 4096
const MAX_TRAILER_BYTES = 16_384
const MAX_EXTENSION_BYTES = 16_384
/** Interim replies before the reply itself; more are a flood. */
const MAX_INTERIM = 16
const LINE_FEED = 0x0a
const CHUNK_LINE = /^([0-9a-fA-F]{1,12})(?:[\t ]*;[\t\x20-\x7e\x80-\xff]*)?\r\n$/
const SWITCHING = 101
const NO_CONTENT = 204
const NOT_MODIFIED = 304
const NO_FIELDS: readonly string[] = Object.freeze([])

type State = 'head' | 'body' | 'until-close' | 'chunk-line' | 'chunk' | 'chunk-end' | 'trailers' | 'over'

/**
 * Reads the replies on one connection, one at a time (RFC 9112). Strict: what is not exactly HTTP/1.1 ends the
 * connection, for the next reply on it belongs to somebody else.
 */
export class ReplyParser {
  readonly #reader: ReplyReader
  #state: State = 'over'
  #isHead = false
  #hasBegun = false
  #interim = 0
  /** Bytes of the body, or of the chunk, that are still to come. */
  #leftBytes = 0
  #extensionBytes = 0
  readonly #headBytes = new HeadBytes()
  /** A line that has not come whole, and trailers that are whole. */
  #line = ''
  #trailers = ''

  constructor(reader: ReplyReader) {
    this.#reader = reader
  }

  /** A request was sent; what is read from now on is its reply. */
  expect(method: string): void {
    this.#forget()
    this.#isHead = method === 'HEAD'
    this.#state = 'head'
    this.#hasBegun = false
    this.#interim = 0
    this.#extensionBytes = 0
  }

  /** Nothing of what is read from now on is told. */
  stop(): void {
    this.#state = 'over'
    this.#forget()
  }

  /** Whether a byte of the reply has been read. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  push(bytes: Buffer): void {
    this.#hasBegun = true
    let at = 0
    // Whoever is told of the end may send the next request, and has this parser expect its reply: nothing may follow.
    while (at < bytes.length && this.#state !== 'over') {
      const next = this.#step(bytes, at)
      if (next === -1) return
      at = next
    }
  }

  /** The peer has ended its side. @returns whether the reply was whole by that */
  end(): boolean {
    if (this.#state !== 'until-close') return false
    this.#finish(true)
    return true
  }

  /** @returns where to go on, or -1 when nothing more is to be read */
  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes, at)
      case 'body':
      case 'chunk':
        return this.#readCounted(bytes, at)
      case 'until-close':
        this.#reader.onData(bytes.subarray(at))
        return bytes.length
      default:
        return this.#readLine(bytes, at)
    }
  }

  #readHead(bytes: Buffer, at: number): number {
    const found = this.#headBytes.take(bytes, at)
    if (found === null) return bytes.length
    if (typeof found === 'string') return this.#flaw(found)
    const head = parseHead(found.text)
    if (typeof head === 'string') return this.#flaw(head)
    return head.status < 200 ? this.#pass(head, found.next) : this.#begin(head, bytes, found.next)
  }

  /** RFC 9110 15.2: a `100` that nobody asked for is ignored. */
  #pass(head: ReplyHead, next: number): number {
    this.#interim++
    if (head.status < 100) return this.#flaw(`status ${head.status}`)
    if (head.status === SWITCHING) return this.#flaw('it switched protocols unasked')
    if (this.#interim > MAX_INTERIM) return this.#flaw(`more than ${MAX_INTERIM} 1xx replies`)
    // As with the head itself: told of it, somebody may have ended it, and even expect another reply by now.
    this.#state = 'body'
    this.#reader.onInterim(head)
    if (this.#state !== 'body') return -1
    this.#state = 'head'
    return next
  }

  #begin(head: ReplyHead, bytes: Buffer, next: number): number {
    const { status, bodyBytes } = head
    if (status > 599) return this.#flaw(`status ${status}`)
    this.#state = 'body'
    this.#reader.onHead(head)
    // Told of the head, somebody may have ended it.
    if (this.#state !== 'body') return -1
    if (this.#isHead || status === NO_CONTENT || status === NOT_MODIFIED || bodyBytes === 0) {
      return this.#finish(next === bytes.length)
    }
    this.#leftBytes = bodyBytes
    if (bodyBytes === CHUNKED) this.#state = 'chunk-line'
    else if (bodyBytes === UNTIL_CLOSE) this.#state = 'until-close'
    return next
  }

  #readCounted(bytes: Buffer, at: number): number {
    const next = Math.min(bytes.length, at + this.#leftBytes)
    this.#leftBytes -= next - at
    this.#reader.onData(bytes.subarray(at, next))
    if (this.#leftBytes > 0) return next
    if (this.#state === 'chunk') {
      this.#state = 'chunk-end'
      return next
    }
    return this.#state === 'body' ? this.#finish(next === bytes.length) : -1
  }

  #readLine(bytes: Buffer, at: number): number {
    const found = bytes.indexOf(LINE_FEED, at)
    const next = found === -1 ? bytes.length : found + 1
    this.#line += bytes.toString('latin1', at, next)
    if (this.#line.length > this.#maxLine()) return this.#flaw('a line that is too long')
    if (found === -1) return next
    const line = this.#line
    this.#line = ''
    if (this.#state === 'chunk-line') return this.#readChunkLine(line, next)
    if (this.#state === 'trailers') return this.#readTrailer(line, bytes, next)
    if (line !== '\r\n') return this.#flaw('a chunk of another size than it says')
    this.#state = 'chunk-line'
    return next
  }

  #maxLine(): number {
    return this.#state === 'trailers' ? MAX_TRAILER_BYTES : MAX_LINE_BYTES
  }

  #readChunkLine(line: string, next: number): number {
    const size = CHUNK_LINE.exec(line)?.[1]
    if (size === undefined) return this.#flaw('a malformed chunk size')
    this.#extensionBytes += line.length - size.length - 2
    if (this.#extensionBytes > MAX_EXTENSION_BYTES) return this.#flaw('too many chunk extensions')
    this.#leftBytes = Number.parseInt(size, 16)
    this.#state = this.#leftBytes === 0 ? 'trailers' : 'chunk'
    this.#trailers = ''
    return next
  }

  #readTrailer(line: string, bytes: Buffer, next: number): number {
    if (line === '\r\n') return this.#finish(next === bytes.length)
    this.#trailers += line
    if (this.#trailers.length > MAX_TRAILER_BYTES) return this.#flaw('trailers that are too long')
    return next
  }

  #finish(isLast: boolean): number {
    const trailers = this.#state === 'trailers' ? parseTrailers(this.#trailers) : NO_FIELDS
    this.#trailers = ''
    if (typeof trailers === 'string') return this.#flaw(trailers.replace('header', 'trailer'))
    this.#state = 'over'
    this.#reader.onEnd(trailers, isLast)
    return -1
  }

  #flaw(why: string): number {
    this.stop()
    this.#reader.onFlaw(why)
    return -1
  }

  /** What is left of a reply that broke off must not stand in front of the next one. */
  #forget(): void {
    this.#headBytes.clear()
    this.#line = ''
    this.#trailers = ''
  }
}
