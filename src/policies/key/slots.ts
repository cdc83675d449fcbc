/** Where the look-up of an open-addressing table begins: 16 slots, doubled whenever half of them are taken. */
const FIRST_SLOTS = 16

/**
 * Numbers by a 32-bit hash of what they stand for, outside of the heap: a `Map` with a hundred thousand texts is walked
 * through by every full collection of garbage.
 */
export class Slots {
  /** A number plus one; 0 is a free slot. */
  #slots = new Int32Array(FIRST_SLOTS)
  readonly #hashOf: (number: number) => number
  #size = 0

  /** @param hashOf the hash that a number was added with */
  constructor(hashOf: (number: number) => number) {
    this.#hashOf = hashOf
  }

  get size(): number {
    return this.#size
  }

  /** @returns -1 when there is none for which `isIt` holds */
  find(hash: number, isIt: (number: number) => boolean): number {
    const slots = this.#slots
    let at = placeOf(hash, slots)
    let number = (slots[at] as number) - 1
    while (number !== -1 && (this.#hashOf(number) !== hash || !isIt(number))) {
      at = (at + 1) & (slots.length - 1)
      number = (slots[at] as number) - 1
    }
    return number
  }

  add(hash: number, number: number): void {
    this.#size += 1
    if (2 * this.#size > this.#slots.length) this.#grow()
    put(this.#slots, hash, number)
  }

  *numbers(): Generator<number, void, undefined> {
    const numbers = this.#slots.filter((number) => number !== 0).sort()
    for (const number of numbers) yield number - 1
  }

  #grow(): void {
    const slots = new Int32Array(2 * this.#slots.length)
    for (const taken of this.#slots) if (taken !== 0) put(slots, this.#hashOf(taken - 1), taken - 1)
    this.#slots = slots
  }
}

/** Neighbouring hashes are spread by the golden ratio (Knuth, multiplicative hashing). */
function placeOf(hash: number, { length }: Int32Array): number {
  return (Math.imul(hash, 0x9e3779b1) >>> 7) & (length - 1)
}

function put(slots: Int32Array, hash: number, number: number): void {
  let at = placeOf(hash, slots)
  while (slots[at] !== 0) at = (at + 1) & (slots.length - 1)
  slots[at] = number + 1
}
