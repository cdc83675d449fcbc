import type { Basis } from '../core/audit.ts'
import { Heap } from './heap.ts'
import type { AuditLine } from './line.ts'

/** A line of a request on which a decision was made. */
export type DecidedLine = AuditLine & { readonly basis: Basis }

/** Lines that are held back until those of earlier decisions are sure to have come. */
const WINDOW_LINES = 32_768

/** Epoch milliseconds at which the decision was made. */
export function judgedAtMs({ atMs, basis }: DecidedLine): number {
  return atMs + basis.waitedMs
}

interface Position {
  readonly ms: number
  readonly seq: number
}

interface Waiting extends Position {
  readonly line: DecidedLine
}

/**
 * Lines stand in the order in which requests ended; limits were charged in the order in which they were decided. This puts
 * them back into that order, as far as a window of lines reaches.
 */
export class DecisionOrder {
  readonly #waiting = new Heap<Waiting>(isBefore)
  #last: Position = { ms: 0, seq: 0 }
  /** Lines that came after others of later decisions had been handed out. */
  late = 0

  push(line: DecidedLine): void {
    this.#waiting.push({ line, ms: judgedAtMs(line), seq: line.basis.seq })
  }

  /** @returns null while there may be one that goes before all that wait */
  next(): DecidedLine | null {
    const { first } = this.#waiting
    if (first === undefined) return null
    const isNext = first.seq === this.#last.seq + 1 && first.ms >= this.#last.ms
    return isNext || this.#waiting.size > WINDOW_LINES ? this.rest() : null
  }

  /** The same, when no more will come. */
  rest(): DecidedLine | null {
    const first = this.#waiting.pop()
    if (first === undefined) return null
    if (isBefore(first, this.#last)) this.late += 1
    else this.#last = first
    return first.line
  }
}

/** By time first: numbers begin anew with each process, and several replicas may write into one file. */
function isBefore(a: Position, b: Position): boolean {
  return a.ms === b.ms ? a.seq < b.seq : a.ms < b.ms
}
