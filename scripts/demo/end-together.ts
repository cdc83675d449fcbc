import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'

const WITH_PARENT = new URL('with-parent.ts', import.meta.url).href

/**
 * Starts a program of Node's in a process group of its own: a Ctrl-C reaches a whole group, and would end the API at once,
 * before the gate is through. It ends when this process has ended.
 */
export function startChild(
  args: readonly string[],
  stdio: readonly ('ignore' | 'inherit' | 'pipe')[],
  env: NodeJS.ProcessEnv = process.env,
): ChildProcess {
  return spawn(process.execPath, ['--import', WITH_PARENT, ...args], {
    detached: true,
    env,
    stdio: [...stdio, 'ipc'],
  })
}

/** What a shell adds to the number of a signal that ended a program. */
const BY_SIGNAL = 128

/**
 * Ends the gate when this process is told to, and the API behind it once the gate has ended, because the gate may still
 * have requests under way. What the gate makes of a second signal is its own affair.
 * @param gate and `api`, both by `startChild`
 * @returns the exit code of whichever ended first
 */
export async function endTogether(gate: ChildProcess, api: ChildProcess): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => gate.kill(signal))
  // To the gate a SIGHUP is to reload; to this process it says that the terminal has gone.
  process.on('SIGHUP', () => gate.kill('SIGTERM'))
  const code = await Promise.race([ended(gate), ended(api)])
  // Without an API there is no reason to wait for drain.delay.
  gate.kill('SIGINT')
  await ended(gate)
  api.kill('SIGTERM')
  await ended(api)
  return code
}

/** Resolves with the exit code once the child is gone. */
async function ended(child: ChildProcess): Promise<number> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode ?? BY_SIGNAL + constants.signals[child.signalCode ?? 'SIGTERM']
}
