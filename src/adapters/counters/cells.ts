/**
 * Where windows are counted: fixed-size cells in typed arrays. An object per window would cost several times as much,
 * and the number of clients is the attacker's choice.
 */

/** Entries of a cell: the sub-slots of a sliding window. */
export const SLOTS = 16
const TOTAL = 0
const HEAD = 1
const LENGTH = 2
const COUNTS = 4
const WORDS = COUNTS + SLOTS
const CHUNK_BITS = 8
const CHUNK_CELLS = 1 << CHUNK_BITS

interface Chunk {
  readonly stamps: Float64Array
  readonly words: Uint32Array
}

/** A view of one cell that is moved from cell to cell, so that looking at one allocates nothing. */
export class Cell {
  #stamps: Float64Array = new Float64Array(SLOTS)
  #words: Uint32Array = new Uint32Array(WORDS)
  #stampAt = 0
  #wordAt = 0

  move(chunk: Chunk, index: number): void {
    this.#stamps = chunk.stamps
    this.#words = chunk.words
    this.#stampAt = index * SLOTS
    this.#wordAt = index * WORDS
  }

  /** Takes over what `other` holds; only for a view that was never moved and so has memory of its own. */
  copy(other: Cell): void {
    this.#stamps.set(other.#stamps.subarray(other.#stampAt, other.#stampAt + SLOTS))
    this.#words.set(other.#words.subarray(other.#wordAt, other.#wordAt + WORDS))
  }

  clear(): void {
    this.#words.fill(0, this.#wordAt, this.#wordAt + WORDS)
    this.#stamps.fill(0, this.#stampAt, this.#stampAt + SLOTS)
  }

  get total(): number {
    return this.#words[this.#wordAt + TOTAL] as number
  }

  set total(count: number) {
    this.#words[this.#wordAt + TOTAL] = count
  }

  /** Entry that was written last. */
  get head(): number {
    return this.#words[this.#wordAt + HEAD] as number
  }

  set head(entry: number) {
    this.#words[this.#wordAt + HEAD] = entry
  }

  /** How many entries count, `head` the newest of them. */
  get length(): number {
    return this.#words[this.#wordAt + LENGTH] as number
  }

  set length(entries: number) {
    this.#words[this.#wordAt + LENGTH] = entries
  }

  stamp(entry: number): number {
    return this.#stamps[this.#stampAt + entry] as number
  }

  setStamp(entry: number, ms: number): void {
    this.#stamps[this.#stampAt + entry] = ms
  }

  count(entry: number): number {
    return this.#words[this.#wordAt + COUNTS + entry] as number
  }

  setCount(entry: number, count: number): void {
    this.#words[this.#wordAt + COUNTS + entry] = count
  }
}

/** The arena: grows a chunk at a time, and what was freed is used again. Cells are numbered from 1; 0 is none. */
export class Cells {
  readonly #chunks: Chunk[] = []
  readonly #free: number[] = []
  readonly #view = new Cell()
  #used = 0

  /** @returns the number of a cleared cell */
  allocate(): number {
    const freed = this.#free.pop()
    if (freed !== undefined) {
      this.view(this.#view, freed)
      this.#view.clear()
      return freed
    }
    if (this.#used === this.#chunks.length * CHUNK_CELLS) {
      this.#chunks.push({
        stamps: new Float64Array(CHUNK_CELLS * SLOTS),
        words: new Uint32Array(CHUNK_CELLS * WORDS),
      })
    }
    this.#used += 1
    return this.#used
  }

  free(cell: number): void {
    this.#free.push(cell)
  }

  view(view: Cell, cell: number): Cell {
    const index = cell - 1
    view.move(this.#chunks[index >>> CHUNK_BITS] as Chunk, index & (CHUNK_CELLS - 1))
    return view
  }
}
