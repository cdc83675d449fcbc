const NONE = -1

/**
 * Numbers 0..capacity-1 in the order in which they are given up: the oldest first, but one that was used since it last
 * stood in front goes to the back once more. Each step costs O(1), amortised.
 */
export class SecondChance {
  readonly #before: Int32Array
  readonly #after: Int32Array
  readonly #used: Uint8Array
  #first = NONE
  #last = NONE
  #size = 0

  constructor(capacity: number) {
    this.#before = new Int32Array(capacity)
    this.#after = new Int32Array(capacity)
    this.#used = new Uint8Array(capacity)
  }

  get size(): number {
    return this.#size
  }

  add(item: number): void {
    this.#before[item] = this.#last
    this.#after[item] = NONE
    this.#used[item] = 0
    if (this.#last === NONE) this.#first = item
    else this.#after[this.#last] = item
    this.#last = item
    this.#size += 1
  }

  use(item: number): void {
    this.#used[item] = 1
  }

  remove(item: number): void {
    const before = this.#before[item] as number
    const after = this.#after[item] as number
    if (before === NONE) this.#first = after
    else this.#after[before] = after
    if (after === NONE) this.#last = before
    else this.#before[after] = before
    this.#size -= 1
  }

  /** The next to be given up; only when there is one. */
  next(): number {
    while (this.#used[this.#first] === 1) {
      const item = this.#first
      this.remove(item)
      this.add(item)
    }
    return this.#first
  }
}
