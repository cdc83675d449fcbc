/** Runs the tests that carry ids of the catalogue of hostile inputs, and tells what was seen of each row. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { PENDING, ROW_IDS } from '../test/hostile/pending.ts'
import { filesWithRows } from '../test/hostile/rows.ts'
import { judgeRows, type Result, type Row, readTap } from './hostile-rows.ts'

const HELP = `npm run hostile [-- --json]

Prints one line for each row V01..V104: id, verdict (pass, fail or pending), and the tests that showed it.

  --json   one JSON object instead, with the name of every test
  --help   this text

Exit code: 0 no row fails, 1 one does, 2 wrong use.

Example:
  npm run -s hostile -- --json | jq '.rows[] | select(.verdict == "fail")'
`

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const AT_ONCE = 2
const FILE_MS = 180_000
const MAX_OUTPUT = 32 * 1024 * 1024
const LINE_WIDTH = 150

interface Outcome {
  readonly file: string
  readonly results: readonly Result[]
  /** The file did not run to its good end. */
  readonly problem: string | null
}

async function runFile(file: string): Promise<Outcome> {
  const child = spawn(process.execPath, [file], {
    cwd: ROOT,
    // tap's own bound for a file that runs by itself is 30 s, which a busy machine takes longer than.
    env: { ...process.env, TAP_TIMEOUT: String(FILE_MS / 1000) },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: FILE_MS,
  })
  let [output, errors] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (output.length < MAX_OUTPUT) output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000)
  })
  const [code] = await once(child, 'close')
  return { file, results: readTap(output), problem: code === 0 ? null : errors.trim() || `exit code ${code}` }
}

async function runAll(
  files: readonly string[],
  onEnd: (outcome: Outcome) => void,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  const queue = [...files]
  const runner = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const outcome = await runFile(file)
      outcomes.push(outcome)
      onEnd(outcome)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, runner))
  return outcomes
}

/** A file that broke has failed every row it names, whatever its tests said before. */
function broken({ file, problem }: Outcome, ids: ReadonlySet<string>): readonly Result[] {
  if (problem === null) return []
  return [{ name: `${file} did not end well`, ids: [...ids], passed: false }]
}

function lineOf({ id, verdict, seen }: Row): string {
  const count = verdict === 'pending' || seen.length === 1 ? '' : `${seen.length} tests: `
  const text = `${id.padEnd(4)} ${verdict.padEnd(7)} ${count}${seen.join(' · ')}`
  return text.length > LINE_WIDTH ? `${text.slice(0, LINE_WIDTH - 1)}…` : text
}

function tell(rows: readonly Row[], problems: readonly Outcome[], json: boolean): void {
  const count = (verdict: Row['verdict']): number => rows.filter((row) => row.verdict === verdict).length
  const summary = { pass: count('pass'), fail: count('fail'), pending: count('pending') }
  if (json) {
    console.log(
      JSON.stringify({ summary, rows, problems: problems.map(({ file, problem }) => ({ file, problem })) }),
    )
    return
  }
  for (const row of rows) console.log(lineOf(row))
  for (const { file, problem } of problems) console.log(`\n${file}: ${problem}`)
  console.log(`\n${summary.pass} pass, ${summary.fail} fail, ${summary.pending} pending`)
}

async function main(json: boolean): Promise<void> {
  const files = filesWithRows()
  const outcomes = await runAll([...files.keys()], ({ file, problem }) => {
    if (!json) process.stderr.write(`${problem === null ? 'ok    ' : 'NOT OK'} ${file}\n`)
  })
  const results = outcomes.flatMap((outcome) => [
    ...outcome.results,
    ...broken(outcome, new Set([...(files.get(outcome.file) ?? [])].filter((id) => !shown(outcome, id)))),
  ])
  const rows = judgeRows(ROW_IDS, PENDING, results)
  const problems = outcomes.filter(({ problem }) => problem !== null)
  tell(rows, problems, json)
  if (rows.some(({ verdict }) => verdict === 'fail') || problems.length > 0) process.exitCode = 1
}

/** A test of that row ran in this file; what it said counts. */
function shown({ results }: Outcome, id: string): boolean {
  return results.some(({ ids }) => ids.includes(id))
}

try {
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean' } } })
  if (values.help === true) process.stdout.write(HELP)
  else await main(values.json === true)
} catch (error) {
  if (!(error instanceof TypeError && 'code' in error)) throw error
  process.stderr.write(`${error.message}\n\n${HELP}`)
  process.exitCode = 2
}
