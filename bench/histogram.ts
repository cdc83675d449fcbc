const binMicros = 10
const bins = 100_000

/** Latencies in bins of 10 µs up to one second; what is longer counts as one second. */
export class Histogram {
  readonly #counts = new Uint32Array(bins + 1)
  #total = 0

  get total(): number {
    return this.#total
  }

  record(ms: number): void {
    const bin = Math.min(bins, Math.max(0, Math.floor((ms * 1000) / binMicros)))
    this.#counts[bin] = (this.#counts[bin] ?? 0) + 1
    this.#total += 1
  }

  reset(): void {
    this.#counts.fill(0)
    this.#total = 0
  }

  /**
   * @param share 0.5 for the median, 0.99 for p99
   * @returns milliseconds, the upper edge of the bin; NaN when nothing was recorded
   */
  percentileMs(share: number): number {
    if (this.#total === 0) return Number.NaN
    const wanted = Math.max(1, Math.ceil(this.#total * share))
    let seen = 0
    let bin = 0
    for (; bin <= bins; bin++) {
      seen += this.#counts[bin] ?? 0
      if (seen >= wanted) break
    }
    return ((bin + 1) * binMicros) / 1000
  }
}
