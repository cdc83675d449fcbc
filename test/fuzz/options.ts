import { parseArgs } from 'node:util'
import { UsageError } from '../support/run-main.ts'

export interface Options {
  readonly seed: number
  readonly requests: number
  readonly replies: number
  /** Most time for all, in seconds; corpus and start excepted. */
  readonly seconds: number
  readonly json: boolean
  readonly help: boolean
}

export const HELP = `Sends seeded mutations of valid and hostile requests and replies through the real gate, and looks for what must not be.

  npm run fuzz -- [--seed N] [--requests N] [--replies N] [--seconds S] [--json]

  --seed N       the same seed makes the same bytes; default: drawn, and told
  --requests N   mutated requests, default 100000
  --replies N    mutated replies of the upstream, default 20000
  --seconds S    stop after this time even if there is more to do, default 3600
  --json         the result as JSON on stdout

Cases of test/fuzz/corpus/ are run first. A finding is made small and becomes a file there. Linux only: each client has an
address of 127.0.0.0/8 of its own.
Exit 0: nothing found, and all that was asked for was run; 1: something was found, or time ran out before all was run;
2: wrong use.

Example: npm run fuzz -- --seed 7 --requests 2000 --replies 500
`

const MAX = 100_000_000

/** @throws UsageError */
export function readOptions(args: readonly string[], drawnSeed: number): Options {
  const values = parse(args)
  return {
    seed: values.seed === undefined ? drawnSeed : wholeNumber('seed', values.seed),
    requests: wholeNumber('requests', values.requests),
    replies: wholeNumber('replies', values.replies),
    seconds: wholeNumber('seconds', values.seconds),
    json: values.json,
    help: values.help,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string' },
        requests: { type: 'string', default: '100000' },
        replies: { type: 'string', default: '20000' },
        seconds: { type: 'string', default: '3600' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function wholeNumber(name: string, text: string): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(number <= MAX)) throw new UsageError(`--${name} takes a whole number from 0 to ${MAX}`)
  return number
}
