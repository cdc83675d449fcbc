import type { Socket } from 'node:net'

/** The space is there even when no reason follows (RFC 9112 4). */
const START = 'HTTP/1.1 100 '
/** Where the status begins in it. */
const STATUS_AT = 9
/** A `100` has no fields worth more. */
const MAX_HEAD_BYTES = 4096
const MAX_CONTINUES = 16
const HEAD_END = '\r\n\r\n'

/**
 * Takes `100 Continue` out of what is read from a connection. Old servers send one nobody asked for; RFC 9110 15.2
 * has a client ignore it, and undici drops the connection.
 */
export function ignoreContinue(socket: Socket): void {
  const filter = new ContinueFilter()
  const read = socket.read.bind(socket)
  const write = socket.write.bind(socket) as (chunk: string | Uint8Array, ...rest: unknown[]) => boolean
  socket.read = (size?: number) => {
    const chunk: Buffer | null = read(size)
    return chunk === null ? null : filter.pass(chunk)
  }
  socket.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    filter.sees(chunk)
    return write(chunk, ...rest)
  }
}

/** Looks only at the first bytes that come after a request's head was written. */
export class ContinueFilter {
  #isAwaiting = false
  #held: Buffer | null = null
  #continues = 0

  /** undici writes a head as text; a body as bytes, between chunk sizes that begin with a line end. */
  sees(written: string | Uint8Array): void {
    if (typeof written !== 'string' || written.startsWith('\r\n')) return
    this.#isAwaiting = true
    this.#held = null
    this.#continues = 0
  }

  /** @returns what is left for the parser; null when that is nothing yet */
  pass(chunk: Buffer): Buffer | null {
    if (!this.#isAwaiting) return chunk
    let bytes = this.#held === null ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = null
    while (mayBeContinue(bytes)) {
      const end = bytes.indexOf(HEAD_END)
      if (end === -1) return this.#hold(bytes)
      if (++this.#continues > MAX_CONTINUES) break
      bytes = bytes.subarray(end + HEAD_END.length)
      if (bytes.length === 0) return null
    }
    this.#isAwaiting = false
    return bytes
  }

  /** Too much of it is left to the parser, which refuses it. */
  #hold(bytes: Buffer): Buffer | null {
    if (bytes.length <= MAX_HEAD_BYTES) {
      this.#held = bytes
      return null
    }
    this.#isAwaiting = false
    return bytes
  }
}

/** Whether the bytes are, or could still become, the start of a `100 Continue`. */
function mayBeContinue(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, START.length)
  // The first digit of the status tells it from a reply proper, before anything is decoded.
  if (length > STATUS_AT && bytes[STATUS_AT] !== 0x31) return false
  return START.startsWith(bytes.toString('latin1', 0, length))
}
