import type { Path } from './yaml-values.ts'

/** Where things stand in one line of JSON, as offsets. */
export interface JsonPlaces {
  /** Where the text stops being JSON; null when it is. */
  readonly fault: number | null
  /** The second one of two equal keys in one object; null when there is none. */
  readonly twinKey: number | null
  /** Of the key at `path`, and of the value; where its nearest ancestor is when it is not there. */
  readonly keyAt: (path: Path) => number
  readonly valueAt: (path: Path) => number
}

const SPACE = /[ \t\r\n]*/y
const STRING = /"(?:[^"\\\p{Cc}]|[\u{7f}-\u{9f}]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/uy
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const MAX_DEPTH = 16

/** Reads JSON only to tell where in it something is: for messages, not for values. */
export function jsonPlaces(text: string): JsonPlaces {
  const scanner = new Scanner(text)
  const fault = scanner.run()
  const lookUp = (places: ReadonlyMap<string, number>) => (path: Path) => {
    for (let end = path.length; end > 0; end--) {
      const found = places.get(JSON.stringify(path.slice(0, end)))
      if (found !== undefined) return found
    }
    return scanner.start
  }
  return { fault, twinKey: scanner.twinKey, keyAt: lookUp(scanner.keys), valueAt: lookUp(scanner.values) }
}

class Fault {
  readonly offset: number
  constructor(offset: number) {
    this.offset = offset
  }
}

class Scanner {
  readonly keys = new Map<string, number>()
  readonly values = new Map<string, number>()
  twinKey: number | null = null
  start = 0
  readonly #text: string
  #offset = 0

  constructor(text: string) {
    this.#text = text
  }

  /** @returns the offset of the first fault */
  run(): number | null {
    try {
      this.#take(SPACE)
      this.start = this.#offset
      this.#value([])
      this.#take(SPACE)
      return this.#offset === this.#text.length ? null : this.#offset
    } catch (error) {
      if (error instanceof Fault) return error.offset
      throw error
    }
  }

  #value(path: Path): void {
    if (path.length > MAX_DEPTH) throw new Fault(this.#offset)
    this.values.set(JSON.stringify(path), this.#offset)
    const first = this.#text[this.#offset]
    if (first === '{') this.#list('}', () => this.#member(path))
    else if (first === '[') this.#list(']', (index) => this.#value([...path, index]))
    else if (this.#take(first === '"' ? STRING : SCALAR) === '') throw new Fault(this.#offset)
  }

  #list(end: string, item: (index: number) => void): void {
    this.#offset++
    this.#take(SPACE)
    if (this.#text[this.#offset] === end) {
      this.#offset++
      return
    }
    for (let index = 0; ; index++) {
      this.#take(SPACE)
      item(index)
      this.#take(SPACE)
      const next = this.#text[this.#offset]
      if (next !== ',' && next !== end) throw new Fault(this.#offset)
      this.#offset++
      if (next === end) return
    }
  }

  #member(path: Path): void {
    const offset = this.#offset
    const name = this.#take(STRING)
    if (name === '') throw new Fault(offset)
    this.#take(SPACE)
    if (this.#text[this.#offset] !== ':') throw new Fault(this.#offset)
    this.#offset++
    this.#take(SPACE)
    const inner: Path = [...path, String(JSON.parse(name))]
    const place = JSON.stringify(inner)
    if (this.keys.has(place)) this.twinKey ??= offset
    this.keys.set(place, offset)
    this.#value(inner)
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#offset
    const [taken = ''] = pattern.exec(this.#text) ?? []
    this.#offset += taken.length
    return taken
  }
}
