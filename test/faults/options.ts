import { parseArgs } from 'node:util'
import { UsageError } from '../support/run-main.ts'

export interface Options {
  readonly minutes: number
  readonly seed: number
  readonly json: boolean
  readonly help: boolean
}

export const HELP = `Breaks a real Redis again and again under two real gates with load on them, and holds them to what docs/redis.md says.

  npm run faults -- [--minutes N] [--seed N] [--json]

  --minutes N    how long, 0.1 to 120, default 10
  --seed N       the same seed draws the same faults at the same times; default: drawn, and told
  --json         the result as JSON on stdout

Every 5 to 20 s Redis is killed, stopped (SIGSTOP), restarted or emptied (FLUSHALL). Routes on \`local\`, \`allow\`, \`deny\` and on a
leased limit are asked all the while, 320 times a second together; requests that the machine cannot keep up with are left out
and told. Needs redis-server; loopback only.
Exit 0: nothing found; 1: something was found, or it could not be run; 2: wrong use.

Example: npm run faults -- --minutes 2 --seed 7
`

const MIN_MINUTES = 0.1
const MAX_MINUTES = 120
const MAX_SEED = 1_000_000_000

/** @throws UsageError */
export function readOptions(args: readonly string[], drawnSeed: number): Options {
  const { minutes, seed, json, help } = parse(args)
  return { minutes: minutesOf(minutes), seed: seed === undefined ? drawnSeed : seedOf(seed), json, help }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '10' },
        seed: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function minutesOf(text: string): number {
  const number = /^\d{1,3}(?:\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
  if (number >= MIN_MINUTES && number <= MAX_MINUTES) return number
  throw new UsageError(`--minutes takes a number from ${MIN_MINUTES} to ${MAX_MINUTES}, such as 10 or 0.5`)
}

function seedOf(text: string): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (number <= MAX_SEED) return number
  throw new UsageError(`--seed takes a whole number from 0 to ${MAX_SEED}`)
}
