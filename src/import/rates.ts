const MINUTE_MS = 60_000
/** Lines come as replies end: those of a minute may stand among those of the next ones. */
const MAX_OPEN_MINUTES = 8
const MAX_CALLERS = 100_000
const SHARE = 0.99

/** How much callers do in a minute in which they do anything. Bounded, whatever is added. */
export class Rates {
  readonly #open = new Map<number, Map<string, number>>()
  /** How often a caller made so many requests in a minute. */
  readonly #histogram = new Map<number, number>()
  #most = 0

  add(atMs: number, caller: string): void {
    const minute = Math.floor(atMs / MINUTE_MS)
    let counts = this.#open.get(minute)
    if (counts === undefined) {
      counts = new Map()
      this.#open.set(minute, counts)
      if (this.#open.size > MAX_OPEN_MINUTES) this.#close(Math.min(...this.#open.keys()))
    }
    const count = counts.get(caller)
    if (count !== undefined || counts.size < MAX_CALLERS) counts.set(caller, (count ?? 0) + 1)
  }

  /** Requests per minute that 99 % of the callers' minutes stay within, and the most there were. null: none. */
  result(): { readonly usual: number; readonly most: number; readonly minutes: number } | null {
    for (const minute of [...this.#open.keys()]) this.#close(minute)
    const minutes = [...this.#histogram.values()].reduce((sum, times) => sum + times, 0)
    if (minutes === 0) return null
    let left = Math.ceil(minutes * SHARE)
    for (const [count, times] of [...this.#histogram].sort(([a], [b]) => a - b)) {
      left -= times
      if (left <= 0) return { usual: count, most: this.#most, minutes }
    }
    return null
  }

  #close(minute: number): void {
    for (const count of this.#open.get(minute)?.values() ?? []) {
      this.#histogram.set(count, (this.#histogram.get(count) ?? 0) + 1)
      this.#most = Math.max(this.#most, count)
    }
    this.#open.delete(minute)
  }
}
