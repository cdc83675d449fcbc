import { parseArgs } from 'node:util'
import { type Compiled, compile } from '../config/compile.ts'
import { formatProblem, type Problem, visible } from '../config/issues.ts'
import { chunksBeside, readBounded, readerBeside } from '../config/read.ts'
import { MAX_FILE_BYTES } from '../config/yaml.ts'
import { ANSWER_IS_NO, type Command, GOOD, type Io, WRONG_USE } from './command.ts'

const HELP = `sallyport check FILE [--json]

Reads a policy file and tells everything that is wrong with it, each as file:line:col: message.
References such as \${env:NAME} must be resolvable.

  --json   print one JSON object instead

Exit code: 0 the file is good, 1 it is not, 2 wrong use.

Example:
  sallyport check config/policy.yaml
`

/** `sallyport check`: judges a policy file without starting anything. */
export const check: Command = {
  name: 'check',
  summary: 'tell what is wrong with a policy file',
  help: HELP,
  run: async (args, io) => {
    const options = readArgs(args)
    if (typeof options === 'string') return wrongUse(io, options)
    if (options.help) {
      io.stdout.write(HELP)
      return GOOD
    }
    const text = read(options.file)
    if (typeof text !== 'string') return wrongUse(io, `${options.file} cannot be read: ${text.message}`)
    const compiled = compile(text, {
      file: options.file,
      readText: readerBeside(options.file),
      readChunks: chunksBeside(options.file),
      env: io.env,
      nowMs: Date.now(),
    })
    if (options.json) io.stdout.write(`${JSON.stringify(summary(options.file, compiled))}\n`)
    else print(options.file, compiled, text, io)
    return compiled.policy === null ? ANSWER_IS_NO : GOOD
  },
}

interface Options {
  readonly file: string
  readonly json: boolean
  readonly help: boolean
}

function readArgs(args: readonly string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    const [file, ...more] = positionals
    if (values.help) return { file: '', ...values }
    if (file === undefined || more.length > 0) return 'name one policy file'
    return { file, ...values }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function wrongUse({ stderr }: Io, why: string): number {
  stderr.write(`sallyport check: ${visible(why, MAX_WIDTH)}\nSee: sallyport check --help\n`)
  return WRONG_USE
}

function read(file: string): string | Error {
  try {
    return readBounded(file, MAX_FILE_BYTES)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function summary(file: string, { policy, problems }: Compiled) {
  return {
    file,
    good: policy !== null,
    hash: policy?.hash ?? null,
    routes: policy?.routes.length ?? null,
    problems,
  }
}

function print(file: string, { policy, keys, problems }: Compiled, text: string, io: Io): void {
  const lines = text.split(/\r?\n/)
  for (const problem of problems) {
    io.stdout.write(`${formatProblem(problem)}\n`)
    if (io.stdout.isTTY === true && problem.file === file) io.stdout.write(frame(problem, lines))
  }
  if (policy === null) {
    const errors = problems.filter(({ severity }) => severity === 'error').length
    io.stdout.write(`${file} is refused: ${counted(errors, 'error')}\n`)
  } else {
    const parts = [
      counted(policy.routes.length, 'route'),
      counted(keys.byId.size, 'key'),
      `hash ${policy.hash}`,
    ]
    io.stdout.write(`${file} is good: ${parts.join(', ')}\n`)
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

const MAX_WIDTH = 200
/** Lines that may hold a secret in plain text are not shown. */
const SECRET = /\b(?:token|hash)\s*['"]?\s*:|\bsp_(?:live|test)_|:\/\/[^/\s]*@/

/** The line and a caret below the place. */
function frame({ line, col }: Problem, lines: readonly string[]): string {
  const text = lines[line - 1] ?? ''
  if (SECRET.test(text) || text.length > MAX_WIDTH) return ''
  const gutter = ` ${line} | `
  const shown = visible(text.replaceAll('\t', ' '), MAX_WIDTH * 2)
  return `${gutter}${shown}\n${' '.repeat(gutter.length + col - 1)}^\n`
}
