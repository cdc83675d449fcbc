import { type Reading, readSuite } from '../cases/read.ts'
import { runSuite } from '../cases/run.ts'
import { visible } from '../config/issues.ts'
import { readBounded } from '../config/read.ts'
import { MAX_FILE_BYTES } from '../config/yaml.ts'
import { type Watcher, watchFiles } from '../runtime/watch.ts'
import { ANSWER_IS_NO, type Command, GOOD, type Io, WRONG_USE } from './command.ts'
import { commandOf, readOptions, WrongUse } from './options.ts'
import { githubText, jsonText, junitText } from './test-formats.ts'
import { isGood, type Outcome } from './test-outcome.ts'
import { prettyText } from './test-pretty.ts'

const HELP = `sallyport test [FILE...] [options]

Runs policy tests through the gate itself, in memory: no API is asked, no port is opened. Without FILE it runs
config/policy.test.yaml. What a test file holds is told in docs/testing.md.

  --filter TEXT      only cases whose name holds TEXT; the share that is asked for is not looked at then
  --coverage [N%]    show what the cases cover; with N% that is the least they must, whatever the file says
  --quiet            only what fails
  --reporter NAME    pretty (default), junit (XML) or github (annotations of a workflow)
  --json             print one JSON object instead
  --watch            run again when the policy, a file it names or a test file changes, until it is interrupted

Exit code: 0 all passed, 1 a case failed, too little is covered or a file is refused, 2 wrong use, or a file that cannot
be read.

Example:
  sallyport test
  sallyport test my-policy.test.yaml --filter scope --coverage 90%
`

const MAX_NAME = 200
const DEFAULT_FILE = 'config/policy.test.yaml'
/** Here nobody waits but whoever called: more than a reload may take. */
const MAX_RUN_MS = 600_000
const OPTIONS = {
  filter: { type: 'string' },
  coverage: { type: 'boolean', default: false },
  'at-least': { type: 'string' },
  quiet: { type: 'boolean', default: false },
  reporter: { type: 'string', default: 'pretty' },
  json: { type: 'boolean', default: false },
  watch: { type: 'boolean', default: false },
} as const

type Values = ReturnType<typeof readOptions<typeof OPTIONS>>['values']
type Print = (outcomes: readonly Outcome[], values: Values, io: Io) => string

const REPORTERS: ReadonlyMap<string, Print> = new Map<string, Print>([
  ['pretty', (outcomes, { coverage, quiet }, io) => prettyText(outcomes, { coverage, quiet, ...lookOf(io) })],
  ['junit', junitText],
  ['github', githubText],
])

/** `sallyport test`: policy tests. */
export const test: Command = commandOf(
  { name: 'test', summary: 'run the tests of a policy', help: HELP },
  async (args, io) => {
    const { values, positionals } = readOptions(withShare(args), OPTIONS)
    const files = positionals.length === 0 ? [DEFAULT_FILE] : positionals
    const print = values.json ? jsonText : REPORTERS.get(values.reporter)
    if (print === undefined) throw new WrongUse(`--reporter is one of ${[...REPORTERS.keys()].join(', ')}`)
    if (!SHARE.test(values['at-least'] ?? '0%')) {
      throw new WrongUse('--coverage takes a share in whole percent, from 0% to 100%, such as 90%')
    }
    for (const file of files) mustBeReadable(file)
    const once: Once = async (onRead) => {
      const outcomes = await runAll(files, values, io, onRead)
      if (values.filter !== undefined && outcomes.every(({ report }) => report?.results.length === 0)) {
        io.stderr.write(`sallyport test: no case is called ${visible(values.filter, MAX_NAME)}\n`)
        return WRONG_USE
      }
      io.stdout.write(print(outcomes, values, io))
      return outcomes.every(isGood) ? GOOD : ANSWER_IS_NO
    }
    return values.watch ? watch(once) : once(() => undefined)
  },
)

/** @throws WrongUse: no file of that name is another answer than one that is no good */
function mustBeReadable(file: string): void {
  try {
    readBounded(file, MAX_FILE_BYTES)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new WrongUse(visible(`${file} cannot be read: ${why}`, MAX_NAME * 2))
  }
}

const SHARE = /^(?:100|\d{1,2})%$/
/** What stands behind `--coverage` and is more likely a share than the name of a file. */
const LIKE_SHARE = /^(?:\d[\d.,]*%?|[^-].*%)$/

/** `--coverage` may stand alone or be followed by a share, which the parser of options has no form for. */
function withShare(args: readonly string[]): string[] {
  return args.flatMap((arg, i) => {
    if (arg === '--coverage' && LIKE_SHARE.test(args[i + 1] ?? '')) return ['--coverage', '--at-least']
    if (!arg.startsWith('--coverage=')) return [arg]
    return ['--coverage', `--at-least=${arg.slice('--coverage='.length)}`]
  })
}

/** One run. @param onRead told all files that were read, before any case is run. @returns the exit code */
type Once = (onRead: (files: readonly string[]) => void) => Promise<number>

async function runAll(
  files: readonly string[],
  values: Values,
  io: Io,
  onRead: Parameters<Once>[0],
): Promise<readonly Outcome[]> {
  const readings = files.map((file) => [file, readSuite(file, io.env, Date.now())] as const)
  onRead([...new Set(readings.flatMap(([, reading]) => reading.files))])
  const outcomes: Outcome[] = []
  for (const [file, reading] of readings) outcomes.push(await outcomeOf(file, reading, values))
  return outcomes
}

async function outcomeOf(file: string, { suite, errors }: Reading, values: Values): Promise<Outcome> {
  const { filter, 'at-least': least } = values
  if (suite === null) return { file, errors, report: null, wanted: null }
  const report = await runSuite(suite, { nowMs: Date.now(), maxMs: MAX_RUN_MS, ...(filter && { filter }) })
  const wanted = least === undefined ? suite.coverage : Number.parseInt(least, 10)
  return { file, errors, report, wanted: filter === undefined ? wanted : null }
}

function lookOf({ stdout, env }: Io) {
  return { colour: stdout.isTTY === true && (env.NO_COLOR ?? '') === '' }
}

const KEEP_ALIVE_MS = 1_000_000

/** Runs again at each change until it is interrupted. @returns the code of the last run */
async function watch(once: Once): Promise<number> {
  const watching = new Watching(once)
  watching.run()
  await interrupted()
  watching.close()
  return watching.code
}

/** One run at a time; whatever changes meanwhile is followed by one more. */
class Watching {
  code = GOOD
  readonly #once: Once
  #watcher: Watcher | null = null
  #isStale = false
  #isRunning = false

  constructor(once: Once) {
    this.#once = once
  }

  readonly run = (): undefined => {
    this.#isStale = true
    if (!this.#isRunning) void this.#runWhileStale()
  }

  close(): void {
    this.#watcher?.close()
  }

  async #runWhileStale(): Promise<void> {
    this.#isRunning = true
    while (this.#isStale) {
      this.#isStale = false
      const mark = this.#watcher?.mark()
      this.code = await this.#once((files) => this.#watch(files, mark))
    }
    this.#isRunning = false
  }

  /** From here on changes are seen. */
  #watch(files: readonly string[], mark: string | undefined): void {
    if (this.#watcher === null) this.#watcher = watchFiles(files, { onChange: this.run })
    else this.#watcher.accept(files, mark)
  }
}

/** The watcher holds no process up, so a timer does. */
async function interrupted(): Promise<void> {
  const hold = setInterval(() => undefined, KEEP_ALIVE_MS)
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  clearInterval(hold)
}
