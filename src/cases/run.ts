import { setImmediate as turn } from 'node:timers/promises'
import type { Policy } from '../core/policy.ts'
import { type Difference, differencesOf } from './compare.ts'
import { type Coverage, CoverageTally } from './coverage.ts'
import { claimOf, sentOf } from './sent.ts'
import { type Seen, Stage, type Turn } from './stage.ts'
import type { Case, Suite } from './suite.ts'

/** What became of one case. */
export interface Result {
  readonly name: string
  readonly line: number
  readonly col: number
  /** The route that it matched; null: none. */
  readonly route: string | null
  readonly passed: boolean
  readonly differences: readonly Difference[]
  /** Why the gate answered itself, in the operator's words. */
  readonly why: string | null
  readonly durationMs: number
}

/** What became of all cases of a file. */
export interface Report {
  readonly file: string
  readonly policyFile: string
  readonly results: readonly Result[]
  /** Cases that were not begun because the time was up. */
  readonly notRun: number
  readonly coverage: Coverage
  readonly durationMs: number
}

export interface RunOptions {
  /** Epoch milliseconds of cases that tell no time. */
  readonly nowMs: number
  /** Only cases whose name holds this text, in any case. */
  readonly filter?: string
  /** Time for all cases together. */
  readonly maxMs?: number
  /** Changes what the policy became, e.g. to see whether a case notices. */
  readonly change?: (policy: Policy) => Policy
}

/** What all cases of a file may take: a reload waits for them. */
export const MAX_RUN_MS = 10_000

/** Runs the cases of a file, one after the other, each on counters of its own. */
export async function runSuite(suite: Suite, options: RunOptions): Promise<Report> {
  const { maxMs = MAX_RUN_MS, change = (policy) => policy } = options
  const startedAt = performance.now()
  const chosen = suite.cases.filter(({ name }) => holds(name, options.filter))
  const { policy, settings } = suite.compiled
  const stage = await Stage.open(change(policy), settings)
  const tally = new CoverageTally(suite.compiled)
  const results: Result[] = []
  try {
    for (const one of chosen) {
      if (performance.now() - startedAt > maxMs) break
      results.push(await play(one, stage, suite, options.nowMs, tally))
      // Where a gate serves beside it, its requests have their turn.
      await turn()
    }
  } finally {
    await stage.close()
  }
  const { file, policyFile } = suite
  const durationMs = performance.now() - startedAt
  const notRun = chosen.length - results.length
  return { file, policyFile, results, notRun, coverage: tally.coverage(), durationMs }
}

function holds(name: string, filter: string | undefined): boolean {
  return filter === undefined || name.toLowerCase().includes(filter.toLowerCase())
}

async function play(
  one: Case,
  stage: Stage,
  suite: Suite,
  nowMs: number,
  tally: CoverageTally,
): Promise<Result> {
  const startedAt = performance.now()
  const { about } = suite.compiled
  const surroundings = { host: defaultHost(suite), keyPlaces: about.keyPlaces }
  const turnOf = ({ request, identity, repeat }: Pick<Case, 'request' | 'identity' | 'repeat'>): Turn => {
    return { sent: sentOf(request, identity, surroundings), claim: claimOf(identity), repeat }
  }
  const seen = await stage.play({
    ...turnOf(one),
    before: (one.before ?? []).map(turnOf),
    atMs: one.at ?? nowMs,
    counters: one.counters ?? {},
    upstream: one.upstream ?? {},
  })
  const differences = differencesOf(one, seen)
  if (differences.length === 0) tally.add(one.expect, seen)
  return resultOf(one, seen, differences, performance.now() - startedAt)
}

function resultOf(
  { name, place }: Case,
  { route, why }: Seen,
  differences: readonly Difference[],
  durationMs: number,
): Result {
  const { line, col } = place
  return { name, line, col, route, passed: differences.length === 0, differences, why, durationMs }
}

/** A host that the policy answers for. */
function defaultHost({ compiled }: Suite): string {
  const { hosts } = compiled.policy
  if (hosts === null) return 'localhost'
  const [exact] = hosts.exact
  return exact ?? `any${hosts.suffixes[0] ?? ''}`
}
