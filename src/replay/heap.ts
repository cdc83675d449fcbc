/** A binary heap: whatever comes in, the least comes out first. */
export class Heap<T> {
  readonly #items: T[] = []
  readonly #isBefore: (a: T, b: T) => boolean

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore
  }

  get size(): number {
    return this.#items.length
  }

  get first(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = items[parent] as T
      if (!this.#isBefore(item, above)) break
      items[at] = above
      at = parent
    }
    items[at] = item
  }

  pop(): T | undefined {
    const first = this.#items[0]
    const last = this.#items.pop()
    if (last !== undefined && this.#items.length > 0) this.#sink(last)
    return first
  }

  #sink(item: T): void {
    const items = this.#items
    let at = 0
    for (;;) {
      const least = this.#lesserChild(at)
      if (least === -1 || !this.#isBefore(items[least] as T, item)) break
      items[at] = items[least] as T
      at = least
    }
    items[at] = item
  }

  /** @returns -1 when there is none */
  #lesserChild(at: number): number {
    const left = 2 * at + 1
    if (left >= this.#items.length) return -1
    const right = left + 1
    if (right >= this.#items.length) return left
    return this.#isBefore(this.#items[right] as T, this.#items[left] as T) ? right : left
  }
}
