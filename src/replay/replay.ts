import { ConcurrentCounters } from '../adapters/counters/places.ts'
import { MemoryCounters } from '../adapters/counters-memory.ts'
import type { Compiled } from '../config/compile.ts'
import { type Again, Judge, UNREAD } from './again.ts'
import type { AuditLine, ReadLine } from './line.ts'
import { type DecidedLine, DecisionOrder } from './order.ts'
import { outcomeOf, reasonFor, recordedOutcome } from './outcome.ts'
import { TakenPlaces } from './places.ts'
import type { ReplayResult } from './result.ts'
import { Tally } from './tally.ts'

export interface ReplayOptions {
  /** Only requests of this time are compared; those before it are charged to limits all the same. */
  readonly sinceMs?: number
  readonly untilMs?: number
  /** Told now and then how many lines have been read. */
  readonly onProgress?: (lines: number) => void
}

type Good = Pick<Extract<Compiled, { readonly policy: object }>, 'policy' | 'about'>

const PROGRESS_LINES = 10_000

/** Judges the requests of an audit file by another policy, on their own clock. */
export async function replay(
  lines: AsyncIterable<ReadLine>,
  compiled: Good,
  { onProgress, ...span }: ReplayOptions = {},
): Promise<ReplayResult> {
  const replaying = new Replaying(compiled, span)
  let count = 0
  for await (const line of lines) {
    replaying.take(line)
    count += 1
    if (count % PROGRESS_LINES === 0) onProgress?.(count)
  }
  return replaying.end()
}

const MAX_POLICIES = 20

class Replaying {
  readonly #policy: Good['policy']
  readonly #judge: Judge
  readonly #places: TakenPlaces
  readonly #order = new DecisionOrder()
  readonly #tally = new Tally()
  readonly #policies = new Set<string>()
  readonly #sinceMs: number
  readonly #untilMs: number
  readonly #lines = { requests: 0, other: 0, broken: 0, dropped: 0, outside: 0 }
  readonly #notCompared = { malformed: 0, circumstances: 0, incomplete: 0, unread: 0 }
  readonly #guesses = { carried: 0, assumed: 0, client: 0 }
  #compared = 0
  #firstMs = Number.POSITIVE_INFINITY
  #lastMs = Number.NEGATIVE_INFINITY

  constructor(
    { policy, about }: Good,
    { sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY }: ReplayOptions,
  ) {
    const counters = new ConcurrentCounters(new MemoryCounters())
    this.#policy = policy
    this.#judge = new Judge(policy, about.auth, counters)
    this.#places = new TakenPlaces(counters)
    this.#sinceMs = sinceMs
    this.#untilMs = untilMs
  }

  take(read: ReadLine): void {
    if (read.kind === 'request') this.#request(read.line)
    else if (read.kind === 'gap') this.#lines.dropped += read.dropped
    else this.#lines[read.kind] += 1
  }

  end(): ReplayResult {
    for (let line = this.#order.rest(); line !== null; line = this.#order.rest()) this.#again(line)
    const { changed, ...tally } = this.#tally.told()
    const isEmpty = this.#compared === 0
    return {
      policy: this.#policy.hash,
      recorded_policies: [...this.#policies],
      from: isEmpty ? null : new Date(this.#firstMs).toISOString(),
      to: isEmpty ? null : new Date(this.#lastMs).toISOString(),
      lines: { ...this.#lines, late: this.#order.late },
      compared: this.#compared,
      same: this.#compared - changed,
      changed,
      ...tally,
      not_compared: this.#notCompared,
      guesses: this.#guesses,
    }
  }

  #request(line: AuditLine): void {
    this.#lines.requests += 1
    if (this.#policies.size < MAX_POLICIES) this.#policies.add(line.policy)
    if (isDecided(line)) {
      this.#order.push(line)
      for (let next = this.#order.next(); next !== null; next = this.#order.next()) this.#again(next)
    } else if (this.#isWithin(line)) this.#notCompared[reasonFor(line)] += 1
    else this.#lines.outside += 1
  }

  #isWithin({ atMs }: AuditLine): boolean {
    return atMs >= this.#sinceMs && atMs < this.#untilMs
  }

  #again(line: DecidedLine): void {
    this.#places.releaseBefore(line)
    const again = this.#judge.judge(line)
    this.#places.take(line, again.decision.charged)
    if (this.#isWithin(line)) this.#compare(line, again)
    else this.#lines.outside += 1
  }

  #compare(line: DecidedLine, { decision, guesses }: Again): void {
    const was = recordedOutcome(line)
    if (was === null || decision.principal === UNREAD) {
      this.#notCompared[was === null ? reasonFor(line) : 'unread'] += 1
      return
    }
    this.#compared += 1
    this.#firstMs = Math.min(this.#firstMs, line.atMs)
    this.#lastMs = Math.max(this.#lastMs, line.atMs)
    if (guesses.carried) this.#guesses.carried += 1
    if (guesses.message) this.#guesses.assumed += 1
    if (guesses.client) this.#guesses.client += 1
    const wouldBe = outcomeOf(decision)
    if (was !== wouldBe) this.#tally.add({ line, newRoute: decision.route?.id ?? null, was, wouldBe })
  }
}

function isDecided(line: AuditLine): line is DecidedLine {
  return line.basis !== null
}
