const NONE = -1

/** Numbers 0..capacity-1, each with a time; the earliest is found in O(1), all else costs O(log n). */
export class UntilHeap {
  readonly #items: Int32Array
  readonly #places: Int32Array
  readonly #untilMs: Float64Array
  #size = 0

  constructor(capacity: number) {
    this.#items = new Int32Array(capacity)
    this.#places = new Int32Array(capacity).fill(NONE)
    this.#untilMs = new Float64Array(capacity)
  }

  get size(): number {
    return this.#size
  }

  /** The item with the earliest time; only when there is one. */
  get first(): number {
    return this.#items[0] as number
  }

  has(item: number): boolean {
    return this.#places[item] !== NONE
  }

  untilMs(item: number): number {
    return this.#untilMs[item] as number
  }

  /** Adds the item, or changes its time. */
  set(item: number, untilMs: number): void {
    if (this.has(item) && this.#untilMs[item] === untilMs) return
    this.#untilMs[item] = untilMs
    if (!this.has(item)) {
      this.#put(this.#size, item)
      this.#size += 1
    }
    this.#settle(this.#places[item] as number)
  }

  remove(item: number): void {
    const place = this.#places[item] as number
    this.#places[item] = NONE
    this.#size -= 1
    if (place === this.#size) return
    this.#put(place, this.#items[this.#size] as number)
    this.#settle(place)
  }

  #settle(place: number): void {
    this.#sink(this.#rise(place))
  }

  #rise(from: number): number {
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.#isBefore(place, parent)) break
      this.#swap(place, parent)
      place = parent
    }
    return place
  }

  #sink(from: number): void {
    let place = from
    for (;;) {
      const left = 2 * place + 1
      const right = left + 1
      let least = left < this.#size && this.#isBefore(left, place) ? left : place
      if (right < this.#size && this.#isBefore(right, least)) least = right
      if (least === place) return
      this.#swap(place, least)
      place = least
    }
  }

  #isBefore(a: number, b: number): boolean {
    return this.untilMs(this.#items[a] as number) < this.untilMs(this.#items[b] as number)
  }

  #swap(a: number, b: number): void {
    const item = this.#items[a] as number
    this.#put(a, this.#items[b] as number)
    this.#put(b, item)
  }

  #put(place: number, item: number): void {
    this.#items[place] = item
    this.#places[item] = place
  }
}
