import { parseArgs } from 'node:util'

export interface Options {
  readonly rounds: number
  readonly seconds: number
  /** Ids of contenders; null = all, and the scale and compile measurements too. */
  readonly only: readonly string[] | null
  readonly json: boolean
  readonly help: boolean
}

export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/**
 * @param ids what `--only` may name
 * @throws UsageError in words for the user
 */
export function readOptions(args: readonly string[], ids: readonly string[]): Options {
  const values = parse(args)
  return {
    rounds: wholeNumber('rounds', values.rounds, 50),
    seconds: wholeNumber('seconds', values.seconds, 60),
    only: values.only === undefined ? null : knownIds(values.only, ids),
    json: values.json,
    help: values.help,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '4' },
        only: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function wholeNumber(name: string, text: string, max: number): number {
  const number = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (number < 1 || number > max) throw new UsageError(`--${name} takes a whole number from 1 to ${max}`)
  return number
}

function knownIds(text: string, ids: readonly string[]): string[] {
  const wanted = text.split(',')
  const unknown = wanted.filter((id) => !ids.includes(id))
  if (unknown.length > 0) throw new UsageError(`--only knows ${ids.join(', ')}; not ${unknown.join(', ')}`)
  return wanted
}
