import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { pinned } from './machine.ts'

export interface Command {
  readonly command: string
  readonly args: readonly string[]
  /** Takes stdout and stderr. */
  readonly logFile: string
  readonly readyUrl: string
  /** The status that means ready; null = any answer. */
  readonly readyStatus: number | null
  readonly readyTimeoutMs: number
}

export interface Running {
  readonly child: ChildProcess
  /** From spawn to the ready answer. */
  readonly readyMs: number
}

const stopTimeoutMs = 5000
const running = new Set<ChildProcess>()

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/**
 * Starts a process on a core and waits until it answers.
 *
 * @throws Error with the end of its log when it ends or is silent past `readyTimeoutMs`
 */
export async function start(command: Command, cpu: number | null): Promise<Running> {
  const startedAt = performance.now()
  const child = launch(command, cpu)
  const problem = await untilReady(child, command)
  if (problem === null) return { child, readyMs: performance.now() - startedAt }
  await stop(child)
  throw new Error(`${problem}: ${tailOf(command.logFile)}`)
}

function launch({ command, args, logFile }: Command, cpu: number | null): ChildProcess {
  const [file, list] = pinned(cpu, command, args)
  const log = openSync(logFile, 'a')
  const ipc = process.platform === 'linux' ? [] : (['ipc'] as const)
  const env = { ...process.env, NODE_ENV: 'production' }
  const child = spawn(file, list, { stdio: ['ignore', log, log, ...ipc], env })
  closeSync(log)
  running.add(child)
  child.once('error', () => running.delete(child))
  child.once('exit', () => running.delete(child))
  return child
}

async function untilReady(child: ChildProcess, command: Command): Promise<string | null> {
  const deadline = performance.now() + command.readyTimeoutMs
  while (performance.now() < deadline) {
    if (!running.has(child)) return 'ended before it was ready'
    const status = await statusOf(command.readyUrl)
    if (status !== null && status === (command.readyStatus ?? status)) return null
    await sleep(10)
  }
  return `not ready within ${command.readyTimeoutMs} ms`
}

/** @returns null when there is no answer within a second */
function statusOf(url: string): Promise<number | null> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 1000 }, (response) => {
      response.resume()
      resolve(response.statusCode ?? null)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(null))
  })
}

/** SIGTERM, and after 5 s SIGKILL; resolves when the process has ended. */
export async function stop(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  await ended
  clearTimeout(timer)
}

function tailOf(path: string): string {
  const text = readFileSync(path, 'utf8').trim()
  return text === '' ? 'it said nothing' : text.slice(-1000)
}
