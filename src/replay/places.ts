import type { Charge, Charged } from '../core/limits.ts'
import type { Counters } from '../core/ports.ts'
import { Heap } from './heap.ts'
import { type DecidedLine, judgedAtMs } from './order.ts'

/** Places taken by a request, and when it was over. */
interface Taken {
  readonly charges: readonly Charge[]
  readonly endMs: number
  /** Number of the last decision before the end. */
  readonly endSeq: number
  /** How far the clock that measured the duration may be from the one that told the time. */
  readonly slackMs: number
}

const MAX_TAKEN = 65_536
const SLACK_MS = 2
const DRIFT = 1e-4

/** Gives back the places of `concurrent` limits when the requests that took them were over. */
export class TakenPlaces {
  readonly #taken = new Heap<Taken>((a, b) => beginningOfEnd(a) < beginningOfEnd(b))
  /** Those that end about now. */
  #ending: Taken[] = []
  readonly #counters: Counters

  constructor(counters: Counters) {
    this.#counters = counters
  }

  take(line: DecidedLine, charged: readonly Charged[]): void {
    const charges = charged.map(({ charge }) => charge).filter(({ limit }) => limit.concurrent !== null)
    if (charges.length === 0) return
    const { seq, during } = line.basis
    const slackMs = SLACK_MS + line.durationMs * DRIFT
    this.#taken.push({ charges, endMs: line.atMs + line.durationMs, endSeq: seq + during, slackMs })
    if (this.#taken.size > MAX_TAKEN) this.#release(this.#taken.pop())
  }

  /** Before the decision of this line is made. */
  releaseBefore(line: DecidedLine): void {
    const nowMs = judgedAtMs(line)
    while (this.#taken.first !== undefined && beginningOfEnd(this.#taken.first) <= nowMs) {
      this.#ending.push(this.#taken.pop() as Taken)
    }
    if (this.#ending.length === 0) return
    const over = this.#ending.filter((taken) => isOver(taken, nowMs, line.basis.seq))
    if (over.length === 0) return
    for (const taken of over) this.#release(taken)
    this.#ending = this.#ending.filter((taken) => !over.includes(taken))
  }

  #release(taken: Taken | undefined): void {
    if (taken !== undefined) this.#counters.release(taken.charges)
  }
}

function beginningOfEnd({ endMs, slackMs }: Taken): number {
  return endMs - slackMs
}

/** Where milliseconds do not tell which was first, the numbers of the decisions do. */
function isOver({ endMs, endSeq, slackMs }: Taken, nowMs: number, seq: number): boolean {
  return nowMs > endMs + slackMs || seq > endSeq
}
