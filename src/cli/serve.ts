import type { AddressInfo } from 'node:net'
import { createLog, type Log } from '../adapters/log.ts'
import { ANSWER_IS_NO, type Command, GOOD, type Io } from './command.ts'
import { commandOf, readOptions, WrongUse } from './options.ts'
import { PolicyRefused, type Running, run } from './wire.ts'

const HELP = `sallyport serve [--policy FILE]

Starts the gate. It reads the policy, listens, and serves until it is told to end.

  --policy FILE   the policy file, default config/policy.yaml

Signals:
  SIGHUP    read the policy again, open audit files anew (a change of the file is seen without it)
  SIGTERM   drain: not ready, serve for drain.delay, finish what is in flight within drain.grace, exit 0
  SIGINT    the same without drain.delay
A second SIGTERM or SIGINT ends it at once, with exit code 143 or 130. The same one within half a second is
the first one, come twice: npm and \`timeout\` pass on what the terminal or they themselves have sent to all.

Exit code: 0 drained, 1 bad policy, taken port or another failure, 2 wrong use.

Example:
  sallyport serve --policy /etc/sallyport/policy.yaml
`

const DEFAULT_POLICY = 'config/policy.yaml'
const EXIT_CODES = { SIGTERM: 143, SIGINT: 130 } as const
type EndSignal = keyof typeof EXIT_CODES
/** npm passes on a Ctrl-C that the terminal has sent to the gate as well; nobody presses it twice as fast. */
const SAME_SIGNAL_MS = 500

/** `sallyport serve`: the gate itself. */
export const serve: Command = commandOf({ name: 'serve', summary: 'start the gate', help: HELP }, start)

async function start(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readOptions(args, { policy: { type: 'string', default: DEFAULT_POLICY } })
  if (positionals.length > 0)
    throw new WrongUse(`${positionals[0]} is one word too many; write --policy FILE`)
  const log = createLog(io.stderr.isTTY === true)
  try {
    const running = await run({ file: values.policy, env: { ...io.env }, log })
    // Before it is told: whoever reads it may send a signal at once.
    const ended = untilTold(running, log)
    tellStart(running, values.policy, log)
    return await ended
  } catch (error) {
    return tellFailure(error, values.policy, log)
  }
}

function tellStart({ data, ops, admin, hash, routes }: Running, policy: string, log: Log): void {
  const listening = { listen: addressOf(data), ops: addressOf(ops) }
  const withAdmin = admin === null ? listening : { ...listening, admin: addressOf(admin) }
  log.info('serving', { ...withAdmin, policy, hash, routes })
}

function addressOf({ address, family, port }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}

function tellFailure(error: unknown, policy: string, log: Log): number {
  if (error instanceof PolicyRefused) log.error('policy refused', { policy, problems: error.problems })
  else log.error(`cannot start: ${error instanceof Error ? error.message : String(error)}`)
  return ANSWER_IS_NO
}

/** Serves until a signal has been obeyed. @returns the exit code */
function untilTold({ drain, refresh, flushNow }: Running, log: Log): Promise<number> {
  return new Promise((resolve, reject) => {
    const begin = (signal: EndSignal, over: () => void): void => {
      log.info('told to end', { signal })
      drain
        .begin(signal === 'SIGINT')
        .then(() => {
          over()
          log.info('drained')
          resolve(GOOD)
        })
        .catch(reject)
    }
    const atOnce = (signal: EndSignal): void => {
      log.warn('ended at once', { signal })
      flushNow()
      log.flushNow()
      process.exit(EXIT_CODES[signal])
    }
    const end = obeying(begin, atOnce)
    process.on('SIGTERM', end)
    process.on('SIGINT', end)
    process.on('SIGHUP', refresh)
    dieOrderly(flushNow, log)
  })
}

/**
 * What a signal to end means: the first begins, and another ends at once, but for one that is the first come twice and for
 * those that come when all is over.
 */
function obeying(
  begin: (signal: EndSignal, over: () => void) => void,
  atOnce: (signal: EndSignal) => void,
): (signal: EndSignal) => void {
  let first: { readonly signal: EndSignal; readonly atMs: number } | null = null
  let isOver = false
  return (signal) => {
    if (isOver) return
    if (first === null) {
      first = { signal, atMs: performance.now() }
      begin(signal, () => {
        isOver = true
      })
    } else if (signal !== first.signal || performance.now() - first.atMs > SAME_SIGNAL_MS) atOnce(signal)
  }
}

/** Nothing should get here. When something does, the state of the process is not to be trusted any more. */
function dieOrderly(flushNow: () => void, log: Log): void {
  const die = (error: unknown): void => {
    log.error('unexpected error: the process ends', {
      error: error instanceof Error ? error.stack : String(error),
    })
    flushNow()
    log.flushNow()
    process.exit(1)
  }
  process.on('uncaughtException', die)
  process.on('unhandledRejection', die)
}
