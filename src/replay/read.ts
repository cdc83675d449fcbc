import { createReadStream } from 'node:fs'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type ReadLine, readLine } from './line.ts'

/** A line of our own is far shorter; what is longer is told as broken, and not kept. */
const MAX_LINE_BYTES = 256 * 1024
const CHUNK_BYTES = 64 * 1024
const LINE_FEED = 0x0a
const GZIP_MAGIC: readonly number[] = [0x1f, 0x8b]

/**
 * The lines of an audit file, whatever its size at the same memory; compressed ones (gzip) as they are.
 * @param path `-` reads `stdin`
 * @throws Error when the file cannot be read, or is not what its first bytes say
 */
export async function* auditLines(
  path: string,
  stdin: AsyncIterable<Uint8Array>,
): AsyncGenerator<ReadLine, void, undefined> {
  const bytes = path === '-' ? stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES })
  try {
    for await (const text of linesOf(plain(bytes))) yield text === null ? BROKEN : readLine(text)
  } catch (error) {
    if (!isCutShort(error)) throw error
    yield BROKEN
  }
}

/** A compressed file whose end was never written; what came before is good. */
function isCutShort(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR'
}

const BROKEN: ReadLine = Object.freeze({ kind: 'broken' })

/** Texts between line feeds; null stands for one that is too long. Empty lines are left out. */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<string | null, void, undefined> {
  const begun = new BegunLine()
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    let from = 0
    for (let to = bytes.indexOf(LINE_FEED); to !== -1; to = bytes.indexOf(LINE_FEED, from)) {
      const line = begun.end(bytes.subarray(from, to))
      from = to + 1
      if (line !== '') yield line
    }
    begun.add(bytes.subarray(from))
  }
  const line = begun.end(NOTHING)
  if (line !== '') yield line
}

const NOTHING = Buffer.alloc(0)

/** A line whose end has not come yet. */
class BegunLine {
  #pieces: Buffer[] = []
  #bytes = 0

  add(piece: Buffer): void {
    this.#bytes += piece.length
    // Of a line that is too long only its length is of use.
    if (this.#bytes > MAX_LINE_BYTES) this.#pieces = []
    else if (piece.length > 0) this.#pieces.push(Buffer.from(piece))
  }

  /** The line, of which this is the last piece; begins the next one. */
  end(piece: Buffer): string | null {
    const [pieces, bytes] = [this.#pieces, this.#bytes + piece.length]
    this.#pieces = []
    this.#bytes = 0
    if (bytes > MAX_LINE_BYTES) return null
    return pieces.length === 0 ? piece.toString('utf8') : Buffer.concat([...pieces, piece]).toString('utf8')
  }
}

/** By its first bytes, for the name of a file says little about what is in it. */
async function* plain(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = chunks[Symbol.asyncIterator]()
  try {
    const first = await iterator.next()
    if (first.done === true) return
    const all = continued(first.value, iterator)
    const isCompressed = GZIP_MAGIC.every((byte, i) => first.value[i] === byte)
    yield* isCompressed ? unzipped(all) : all
  } finally {
    await iterator.return?.()
  }
}

async function* continued(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield first
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}

/** Errors of either end come out of the iteration. */
function unzipped(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return pipeline(Readable.from(bytes), createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined)
}
