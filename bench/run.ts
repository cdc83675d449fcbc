import { writeFileSync } from 'node:fs'
import { type Arena, type Entrant, enter, openArena } from './arena.ts'
import { barChart } from './chart.ts'
import { measureCompile } from './compile.ts'
import { contenders } from './contenders/list.ts'
import { measureLimits } from './limits.ts'
import { measureRounds } from './measure.ts'
import { type Options, readOptions, UsageError } from './options.ts'
import { attempt, bounded, progress } from './program.ts'
import { measureRefusals } from './refusals.ts'
import { markdownReport, terminalReport } from './report.ts'
import { type Finding, joined, passed, type Result, resultOf, type Skipped } from './result.ts'
import { measureScale } from './scale.ts'
import { chainBars, rowOf } from './stats.ts'

const ids = contenders.map(({ id }) => id)

const help = `Measures what a request costs, each contender on one core, all in one run and interleaved.

  node bench/run.ts [--rounds 5] [--seconds 4] [--only ${ids.slice(0, 3).join(',')}] [--json]

  --rounds N    how often each contender is measured
  --seconds S   how long each measurement lasts
  --only LIST   these contenders and nothing else: ${ids.join(', ')}
  --json        the result as JSON on stdout

Without --only it goes on to bench/scale.ts, limits.ts, refusals.ts and compile.ts and writes results.md and results.svg.
Exit 0: every bar that could be judged is held; 1: one is broken, or a contender or request failed; 2: wrong use.

Example: npm run bench -- --only sallyport,http-proxy --rounds 3
`

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), ids)
  if (options.help) {
    process.stdout.write(help)
    return 0
  }
  const wanted = options.only ?? ids
  bounded(wanted.length * (options.rounds * (options.seconds + 1) + 20) + 400)
  const result = await runAll(options)
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : terminalReport(result))
  if (options.only === null) write(result)
  return passed(result) ? 0 : 1
}

async function runAll(options: Options): Promise<Result> {
  // Before this process, and what it starts, is pinned to one core: a policy is compiled beside what is served.
  const compile = options.only === null ? [await attempt('compile', measureCompile)] : []
  const arena = await openArena()
  const { rounds, seconds } = options
  try {
    const chain = await measureContenders(arena, options)
    const finding = options.only === null ? joined([chain, ...(await otherParts(arena)), ...compile]) : chain
    return resultOf({ rounds, seconds, pinning: arena.pinning.note }, finding)
  } finally {
    await arena.close()
  }
}

async function otherParts(arena: Arena): Promise<Finding[]> {
  const scale = await attempt('scale', () => measureScale(arena))
  const limits = await attempt('limits', () => measureLimits(arena))
  const refusals = await attempt('refusals', () => measureRefusals(arena))
  return [scale, limits, refusals]
}

async function measureContenders(arena: Arena, options: Options): Promise<Finding> {
  const { entrants, skipped } = await enterAll(arena, options.only ?? ids)
  try {
    const samples = await measureRounds(entrants, options.rounds, options.seconds, progress)
    const rows = entrants.map(({ contender: { id, title } }) => rowOf(id, title, samples))
    return { rows, bars: chainBars(samples), notes: [], skipped }
  } finally {
    for (const entrant of entrants) await entrant.stop()
  }
}

async function enterAll(arena: Arena, wanted: readonly string[]) {
  const entrants: Entrant[] = []
  const skipped: Skipped[] = []
  for (const contender of contenders.filter(({ id }) => wanted.includes(id))) {
    const why = contender.unavailable()
    const outcome = why === null ? await enter(arena, contender).catch(String) : why
    if (typeof outcome !== 'string') entrants.push(outcome)
    else {
      progress(`${contender.id} is left out: ${outcome}`)
      skipped.push({ id: contender.id, why: outcome, kind: why === null ? 'broken' : 'absent' })
    }
  }
  return { entrants, skipped }
}

/** The chart shows the contenders, not the sizes of `scale.ts`. */
function write(result: Result): void {
  const file = (name: string) => new URL(name, import.meta.url)
  writeFileSync(file('results.md'), markdownReport(result))
  writeFileSync(file('results.svg'), barChart(result.rows.filter(({ id }) => ids.includes(id))))
  progress('wrote bench/results.md and bench/results.svg')
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  progress(error.message)
  process.exitCode = 2
}
