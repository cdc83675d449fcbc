import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearest } from '../config/nearest.ts'
import { withoutKeys } from '../core/secret.ts'
import { type Command, GOOD, type Io, type Output, WRONG_USE } from './command.ts'

type Options = NonNullable<ParseArgsConfig['options']>

/** A mistake of whoever typed the command. */
export class WrongUse extends Error {}

/**
 * Options and positional words of a command line.
 * @throws WrongUse that names what is wrong, with the nearest option there is
 */
export function readOptions<O extends Options>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new WrongUse(messageOf(error, Object.keys(options)))
  }
}

function messageOf(error: unknown, names: readonly string[]): string {
  const text = error instanceof Error ? error.message : String(error)
  const unknown = /^Unknown option '(-{1,2})([^']+)'/.exec(text)
  if (unknown === null) return text
  const near = nearest(unknown[2] ?? '', names)
  return `unknown option ${unknown[1]}${unknown[2]}${near === null ? '' : `, did you mean --${near}?`}`
}

/** A key is easily pasted where its id, a file or nothing belongs: no message shows it. */
function keyless(output: Output): Output {
  return { isTTY: output.isTTY === true, write: (text) => output.write(withoutKeys(text)) }
}

/** Runs a command's own part: answers --help, and tells wrong use with the way to the help. */
export function commandOf(
  about: Pick<Command, 'name' | 'summary' | 'help'>,
  act: (args: readonly string[], io: Io) => Promise<number>,
): Command {
  return {
    ...about,
    run: async (args, io) => {
      if (args.includes('--help') || args.includes('-h')) {
        io.stdout.write(about.help)
        return GOOD
      }
      const told = { ...io, stderr: keyless(io.stderr) }
      try {
        return await act(args, told)
      } catch (error) {
        if (!(error instanceof WrongUse)) throw error
        told.stderr.write(`sallyport ${about.name}: ${error.message}\nSee: sallyport ${about.name} --help\n`)
        return WRONG_USE
      }
    },
  }
}
