/** Bytes of one head. */
export const MAX_HEAD_BYTES = 65_536
const HEAD_END = '\r\n\r\n'
const START = 'HTTP/1.'
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** A head that has come whole. */
export interface WholeHead {
  /** Its lines with their ends, one character a byte; without the empty one. */
  readonly text: string
  /** Where what follows it begins in the bytes that were given last. */
  readonly next: number
}

/** Gathers the bytes of one head after another. */
export class HeadBytes {
  /** Of one that has not come whole: grown by doubling, so that one in single bytes costs no more than its length. */
  #held: Buffer | null = null
  #heldBytes = 0

  /**
   * @param bytes are copied where they are kept
   * @param at where in them the head begins, or goes on
   * @returns the head, null while it is not whole, or in words why it never will be one
   */
  take(bytes: Buffer, at: number): WholeHead | string | null {
    const before = this.#heldBytes
    const whole = before === 0 ? bytes.subarray(at) : this.#hold(bytes, at)
    const end = whole.indexOf(HEAD_END, Math.max(0, before - HEAD_END.length), 'latin1')
    const length = end === -1 ? whole.length - HEAD_END.length + 1 : end
    if (length > MAX_HEAD_BYTES) return 'a head that is too long'
    if (end === -1) return this.#wait(whole, before, bytes, at)
    this.clear()
    return { text: whole.toString('latin1', 0, end + 2), next: at + end + HEAD_END.length - before }
  }

  clear(): void {
    this.#held = null
    this.#heldBytes = 0
  }

  /** What will never end as a head must not be waited for. */
  #wait(whole: Buffer, before: number, bytes: Buffer, at: number): string | null {
    if (!START.startsWith(whole.toString('latin1', 0, START.length))) return 'no HTTP/1 status line'
    if (hasBareLineFeed(whole, before)) return 'a line without its end'
    if (before === 0) this.#hold(bytes, at)
    return null
  }

  #hold(bytes: Buffer, at: number): Buffer {
    const needed = this.#heldBytes + bytes.length - at
    if (this.#held === null || this.#held.length < needed) {
      const larger = Buffer.allocUnsafe(needed * 2)
      this.#held?.copy(larger, 0, 0, this.#heldBytes)
      this.#held = larger
    }
    bytes.copy(this.#held, this.#heldBytes, at)
    this.#heldBytes = needed
    return this.#held.subarray(0, needed)
  }
}

function hasBareLineFeed(bytes: Buffer, from: number): boolean {
  for (let at = bytes.indexOf(LINE_FEED, from); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) {
    if (bytes[at - 1] !== CARRIAGE_RETURN) return true
  }
  return false
}
