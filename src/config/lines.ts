import { isUtf8 } from 'node:buffer'

/** One line of a file, without its end; `text` is null when it is not to be read. */
export interface Line {
  /** From 1. */
  readonly number: number
  readonly text: string | null
  /** Why there is no text. */
  readonly why: 'too long' | 'not UTF-8' | null
}

const LINE_FEED = 10
const NOTHING = Buffer.alloc(0)
const BYTE_ORDER_MARK = '\ufeff'

/**
 * The lines of a text that comes in pieces, of which never more than one piece and one line is held.
 * @param maxBytes of one line, without its end; a longer one is skipped and told of
 */
export function* linesOf(chunks: Iterable<Uint8Array>, maxBytes: number): Generator<Line, void, undefined> {
  let begun: Buffer = NOTHING
  let number = 0
  for (const bytes of chunks) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      yield lineOf(++number, joined(begun, chunk.subarray(start, end)), maxBytes)
      begun = NOTHING
      start = end + 1
    }
    // Copied, for the piece is not ours; of a line that is too long already no more is kept.
    if (begun.length <= maxBytes) begun = Buffer.concat([begun, chunk.subarray(start)])
  }
  if (begun.length > 0) yield lineOf(++number, begun, maxBytes)
}

function joined(begun: Buffer, rest: Buffer): Buffer {
  return begun.length === 0 ? rest : Buffer.concat([begun, rest])
}

function lineOf(number: number, bytes: Buffer, maxBytes: number): Line {
  if (bytes.length > maxBytes) return { number, text: null, why: 'too long' }
  if (!isUtf8(bytes)) return { number, text: null, why: 'not UTF-8' }
  const text = bytes.toString('utf8')
  const isMarked = number === 1 && text.startsWith(BYTE_ORDER_MARK)
  return { number, text: isMarked ? text.slice(1) : text, why: null }
}
