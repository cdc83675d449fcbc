import { readFileSync } from 'node:fs'
import { nearest } from '../config/nearest.ts'
import { withoutKeys } from '../core/secret.ts'
import { type Command, GOOD, type Io, WRONG_USE } from './command.ts'
import { commandOf, WrongUse } from './options.ts'

const help: Command = commandOf(
  {
    name: 'help',
    summary: 'tell about a command: help serve',
    help: 'sallyport help [COMMAND]\n\nExample:\n  sallyport help serve\n',
  },
  async ([name, ...more], io) => {
    if (more.length > 0) throw new WrongUse('name one command')
    const command = name === undefined ? null : await commandNamed(name)
    if (name !== undefined && command === null) return unknown(name, io)
    io.stdout.write(command?.help ?? (await overview()))
    return GOOD
  },
)

const version: Command = commandOf(
  {
    name: 'version',
    summary: 'print the version',
    help: 'sallyport version\n\nExample:\n  sallyport version\n',
  },
  async (args, io) => {
    if (args.length > 0) throw new WrongUse('it takes no options, and no other words')
    io.stdout.write(`sallyport ${ownVersion()} on Node ${process.versions.node}\n`)
    return GOOD
  },
)

/** Every command there is. Only the one that is asked for is loaded: a gate need not carry the rest about. */
const COMMANDS: Readonly<Record<string, () => Command | Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serve,
  check: async () => (await import('./check.ts')).check,
  explain: async () => (await import('./explain.ts')).explain,
  test: async () => (await import('./test.ts')).test,
  report: async () => (await import('./report.ts')).report,
  replay: async () => (await import('./replay.ts')).replay,
  diff: async () => (await import('./diff.ts')).diff,
  import: async () => (await import('./import.ts')).importPolicy,
  keys: async () => (await import('./keys.ts')).keys,
  limits: async () => (await import('./limits.ts')).limits,
  schema: async () => (await import('./schema.ts')).schema,
  health: async () => (await import('./health.ts')).health,
  version: () => version,
  help: () => help,
}

const HELP_WORDS = new Set(['--help', '-h'])
const VERSION_WORDS = new Set(['--version', '-v'])

/** Runs what a command line asks for. @returns the exit code: 0 good, 1 the answer is no, 2 wrong use */
export async function runProgram(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined) {
    io.stderr.write(await overview())
    return WRONG_USE
  }
  if (HELP_WORDS.has(name)) return help.run(rest, io)
  if (VERSION_WORDS.has(name)) return version.run(rest, io)
  const command = await commandNamed(name)
  return command === null ? unknown(name, io) : command.run(rest, io)
}

async function commandNamed(name: string): Promise<Command | null> {
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  return load === undefined ? null : await load()
}

const NAME_WIDTH = 9

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()))
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(NAME_WIDTH)}${summary}`)
  return `sallyport COMMAND [options]

${lines.join('\n')}

\`sallyport help COMMAND\` tells more.

Example:
  sallyport serve --policy config/policy.yaml
`
}

const MAX_SHOWN = 60
const NOT_PRINTABLE = /[^ -~]/g

function unknown(name: string, { stderr }: Io): number {
  const near = nearest(name, Object.keys(COMMANDS))
  const shown = withoutKeys(name).slice(0, MAX_SHOWN).replace(NOT_PRINTABLE, '?')
  stderr.write(`sallyport: there is no command ${shown}${near === null ? '' : `, did you mean ${near}?`}\n`)
  stderr.write('See: sallyport help\n')
  return WRONG_USE
}

function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const file: unknown = JSON.parse(text)
  return typeof file === 'object' && file !== null && 'version' in file ? String(file.version) : 'unknown'
}
