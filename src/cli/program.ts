import { readFileSync } from 'node:fs'
import { nearest } from '../config/nearest.ts'
import { check } from './check.ts'
import { type Command, GOOD, type Io, WRONG_USE } from './command.ts'
import { health } from './health.ts'
import { keys } from './keys.ts'
import { limits } from './limits.ts'
import { schema } from './schema.ts'
import { serve } from './serve.ts'

const help: Command = {
  name: 'help',
  summary: 'tell about a command: help serve',
  help: 'sallyport help [COMMAND]\n\nExample:\n  sallyport help serve\n',
  run: async ([name], io) => {
    if (name === undefined) io.stdout.write(overview())
    else {
      const command = COMMANDS.find((one) => one.name === name)
      if (command === undefined) return unknown(name, io)
      io.stdout.write(command.help)
    }
    return GOOD
  },
}

const version: Command = {
  name: 'version',
  summary: 'print the version',
  help: 'sallyport version\n\nExample:\n  sallyport version\n',
  run: async (_args, io) => {
    io.stdout.write(`sallyport ${ownVersion()} on Node ${process.versions.node}\n`)
    return GOOD
  },
}

/** Every command there is. */
const COMMANDS: readonly Command[] = [serve, check, keys, limits, schema, health, version, help]

const HELP_WORDS = new Set(['--help', '-h'])
const VERSION_WORDS = new Set(['--version', '-v'])

/** Runs what a command line asks for. @returns the exit code: 0 good, 1 the answer is no, 2 wrong use */
export async function runProgram(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined) {
    io.stderr.write(overview())
    return WRONG_USE
  }
  if (HELP_WORDS.has(name)) return help.run(rest, io)
  if (VERSION_WORDS.has(name)) return version.run(rest, io)
  const command = COMMANDS.find((one) => one.name === name)
  return command === undefined ? unknown(name, io) : command.run(rest, io)
}

const NAME_WIDTH = 9

function overview(): string {
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(NAME_WIDTH)}${summary}`)
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
  const near = nearest(
    name,
    COMMANDS.map((command) => command.name),
  )
  const shown = name.slice(0, MAX_SHOWN).replace(NOT_PRINTABLE, '?')
  stderr.write(`sallyport: there is no command ${shown}${near === null ? '' : `, did you mean ${near}?`}\n`)
  stderr.write('See: sallyport help\n')
  return WRONG_USE
}

function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const file: unknown = JSON.parse(text)
  return typeof file === 'object' && file !== null && 'version' in file ? String(file.version) : 'unknown'
}
