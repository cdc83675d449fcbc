const TWO_32 = 0x1_0000_0000

/** Mulberry32: small, fast, and the same numbers from the same seeds on every machine. */
export class Prng {
  #state: number

  constructor(...seeds: readonly number[]) {
    this.#state = seeds.reduce((state, seed) => mixed(state ^ mixed(seed)), 0x9e3779b9)
  }

  /** 0 to 2^32 - 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    return mixed(this.#state)
  }

  /** 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor((this.next() / TWO_32) * count)
  }

  chance(share: number): boolean {
    return this.next() / TWO_32 < share
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error('nothing to pick from')
    return list[this.below(list.length)] as T
  }
}

function mixed(value: number): number {
  let bits = value | 0
  bits = Math.imul(bits ^ (bits >>> 15), bits | 1)
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
  return (bits ^ (bits >>> 14)) >>> 0
}
