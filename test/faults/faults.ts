import { monitorEventLoopDelay } from 'node:perf_hooks'
import { excesses, type Fullest, type History } from './bound.ts'
import { Breaker } from './breaker.ts'
import { Gates } from './gates.ts'
import { Load, type RouteJournal } from './load.ts'
import { type FaultKind, faults, PACE, type Pace } from './plan.ts'
import { ROUTES } from './routes.ts'

const HEAL_MS = 30_000
const REPORT_MS = 10_000
const MOST_MB = 230
const MAX_SHOWN = 20
const PAUSE_MS = 10

export interface RouteResult {
  readonly statuses: Readonly<Record<string, number>>
  /** The window that came nearest to its bound, or went beyond it. */
  readonly fullest: Fullest
  readonly medianMs: number
  readonly p99Ms: number
  readonly longestMs: number
}

export interface Result {
  readonly seed: number
  readonly seconds: number
  readonly faults: Readonly<Record<FaultKind, number>>
  /** How often a gate gave Redis up. */
  readonly givenUp: number
  /** Requests left out, because the machine could not keep up. */
  readonly unsent: number
  readonly longestHealMs: number
  readonly peakMb: number
  /** How long this process itself stood still at most: no reply can be told to have come sooner. */
  readonly longestPauseMs: number
  readonly routes: Readonly<Record<string, RouteResult>>
  /** What must not have been; empty when all held. */
  readonly found: readonly string[]
}

export interface Wishes {
  readonly seed: number
  readonly minutes: number
  readonly pace?: Pace
  readonly progress: (text: string) => void
}

/** One run: a Redis, gates, load, and faults until the time is over. */
class Run {
  readonly found: string[] = []
  readonly counts: Record<FaultKind, number> = { kill: 0, stop: 0, restart: 0, flush: 0 }
  longestHealMs = 0
  peakMb = 0
  readonly #wishes: Wishes
  readonly #breaker: Breaker
  readonly #gates: Gates
  readonly #load: Load
  readonly #startMs = performance.now()
  readonly #pauses = monitorEventLoopDelay({ resolution: PAUSE_MS })

  constructor(wishes: Wishes, breaker: Breaker, gates: Gates) {
    this.#wishes = wishes
    this.#breaker = breaker
    this.#gates = gates
    this.#load = new Load(gates.all.map(({ port }) => `http://127.0.0.1:${port}`))
  }

  get seconds(): number {
    return Math.round((performance.now() - this.#startMs) / 1000)
  }

  async play(): Promise<void> {
    const endMs = this.#wishes.minutes * 60_000
    const { seed, pace = PACE } = this.#wishes
    const reports = setInterval(() => this.#report(), REPORT_MS)
    this.#pauses.enable()
    this.#load.start()
    try {
      await this.#healed(Date.now())
      let beganMs = performance.now() - this.#startMs
      for (const fault of faults(seed, pace)) {
        const nowMs = performance.now() - this.#startMs
        const atMs = Math.max(nowMs, beganMs + fault.afterMs)
        if (atMs + fault.holdMs > endMs || !this.#gates.areAlive) break
        await new Promise((resolve) => setTimeout(resolve, atMs - nowMs))
        beganMs = performance.now() - this.#startMs
        this.counts[fault.kind] += 1
        this.#wishes.progress(`${fault.kind}${fault.holdMs === 0 ? '' : `, ${fault.holdMs} ms`}`)
        await this.#healed(await this.#breaker.fault(fault))
      }
      const restMs = endMs - (performance.now() - this.#startMs)
      if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs))
    } finally {
      clearInterval(reports)
      this.#pauses.disable()
      await this.#load.stop()
    }
  }

  async #healed(wellMs: number): Promise<void> {
    if (!(await this.#load.inUseSince(wellMs, HEAL_MS)))
      this.found.push(`Redis is well since ${HEAL_MS / 1000} s, and not every gate uses it`)
    this.longestHealMs = Math.max(this.longestHealMs, Date.now() - wellMs)
    if (this.#gates.areAlive) this.peakMb = Math.max(this.peakMb, await this.#gates.residentMb())
  }

  #report(): void {
    const count = Object.values(this.counts).reduce((sum, one) => sum + one)
    const { sent, served, problems } = this.#load
    const [first = 'no problems'] = problems
    const told = problems.length > 1 ? `${problems.length} problems, the first: ${first}` : first
    this.#wishes.progress(
      `${this.seconds} s: ${count} faults, ${sent} requests, ${served.size} served, ${told}`,
    )
  }

  /** Once all is over: what the journals say. */
  judge(exits: readonly (number | null)[]): Result {
    const away = this.#gates.away()
    const history: History = { losses: this.#breaker.losses, away }
    const routes = ROUTES.map((route) => {
      const journal = this.#load.routes.get(route.name) as RouteJournal
      const { found, fullest } = excesses(route, journal.passed, history)
      const [worst] = found.toSorted((a, b) => b.passed - b.most - (a.passed - a.most))
      if (worst !== undefined)
        this.found.push(`${route.name}: too many in ${found.length} windows, ${JSON.stringify(worst)}`)
      return [route.name, resultOf(journal, fullest)] as const
    })
    this.found.push(...this.#load.problems, ...unmatched(this.#gates.arrived, this.#load.served))
    if (exits.some((code) => code !== 0)) this.found.push(`a gate ended with ${exits.join(' and ')}`)
    if (this.peakMb > MOST_MB) this.found.push(`a gate took ${this.peakMb} MB`)
    const { seed } = this.#wishes
    const { longestHealMs, peakMb, counts, seconds } = this
    return {
      seed,
      seconds,
      faults: counts,
      givenUp: away.length,
      unsent: this.#load.unsent,
      longestHealMs,
      peakMb,
      longestPauseMs: Math.round(this.#pauses.max / 1e6),
      routes: Object.fromEntries(routes),
      found: this.found.slice(0, MAX_SHOWN),
    }
  }
}

/** @throws when the parts cannot be started */
export async function runFaults(wishes: Wishes): Promise<Result> {
  const breaker = await Breaker.start()
  try {
    const gates = await Gates.start(breaker.url)
    const run = new Run(wishes, breaker, gates)
    let exits: readonly (number | null)[] = []
    try {
      await run.play()
    } finally {
      exits = await gates.stop()
    }
    return run.judge(exits)
  } finally {
    await breaker.stop()
  }
}

/** Every request that was served came to the API once, and no other did. */
function unmatched(arrived: readonly number[], served: ReadonlySet<number>): string[] {
  const came = new Set(arrived)
  const found: string[] = []
  if (came.size < arrived.length) found.push(`${arrived.length - came.size} requests came to the API twice`)
  const refused = came.difference(served).size
  if (refused > 0) found.push(`${refused} requests came to the API and were not answered 200`)
  const missing = served.difference(came).size
  if (missing > 0) found.push(`${missing} requests were answered 200 and never came to the API`)
  return found
}

function resultOf({ statuses, tookMs }: RouteJournal, fullest: Fullest): RouteResult {
  const sorted = tookMs.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10
  return {
    statuses: Object.fromEntries(statuses),
    fullest,
    medianMs: at(0.5),
    p99Ms: at(0.99),
    longestMs: at(1),
  }
}
