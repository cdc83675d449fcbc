import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Running, start, stop } from './child.ts'
import type { Contender, Setting } from './contenders/contender.ts'
import { type Meter, meterOf } from './cpu.ts'
import { demoKey } from './demo-key.ts'
import { freePort, type Pinning, pinning, pinSelf } from './machine.ts'
import { probe } from './probe.ts'
import { demoPath, requestBytes } from './workload.ts'

/** The upstream, the pinning and the folder that all contenders of one run share. */
export interface Arena {
  readonly dir: string
  readonly pinning: Pinning
  readonly upstreamPort: number
  readonly close: () => Promise<void>
}

/** A contender that is up and has been probed. */
export interface Entrant {
  readonly contender: Contender
  readonly setting: Setting
  readonly meter: Meter
  readonly readyMs: number
  readonly requests: readonly Buffer[]
  readonly stop: () => Promise<void>
}

/** Starts the upstream and moves this process, the driver, beside it. */
export async function openArena(): Promise<Arena> {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-bench-'))
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  const where = pinning()
  pinSelf(where.driverCpu)
  const upstreamPort = await freePort()
  const upstream = await start(upstreamCommand(dir, upstreamPort), where.driverCpu)
  return { dir, pinning: where, upstreamPort, close: () => stop(upstream.child) }
}

function upstreamCommand(dir: string, port: number) {
  const script = fileURLToPath(new URL('./upstream.ts', import.meta.url))
  return {
    command: process.execPath,
    args: [script, String(port)],
    logFile: `${dir}/upstream.log`,
    readyUrl: `http://127.0.0.1:${port}/`,
    readyStatus: 200,
    readyTimeoutMs: 15_000,
  }
}

/** What the driver sends to a contender; the default is one request with one key. */
export type Requests = (port: number) => readonly Buffer[]

const oneRequest: Requests = (port) => [requestBytes(port, demoPath, demoKey(0).text)]

/**
 * Starts a contender and probes it.
 *
 * @param probePath a path that it serves
 * @throws Error saying why it cannot be timed; nothing is left running
 */
export async function enter(
  arena: Arena,
  contender: Contender,
  requests: Requests = oneRequest,
  probePath: string = demoPath,
): Promise<Entrant> {
  const setting = await settingFor(arena, contender)
  const running = await start(contender.command(setting), arena.pinning.contenderCpu)
  const problem = await probe(contender, setting.port, probePath, setting.key.text).catch(String)
  if (problem !== null) {
    await stop(running.child)
    throw new Error(problem)
  }
  return entrant(contender, setting, running, requests(setting.port))
}

async function settingFor(arena: Arena, contender: Contender): Promise<Setting> {
  const dir = join(arena.dir, contender.id)
  mkdirSync(dir)
  const [port, opsPort] = await Promise.all([freePort(), freePort()])
  return { dir, port, opsPort, upstreamPort: arena.upstreamPort, key: demoKey(0) }
}

function entrant(
  contender: Contender,
  setting: Setting,
  running: Running,
  requests: readonly Buffer[],
): Entrant {
  const { child, readyMs } = running
  return { contender, setting, requests, readyMs, meter: meterOf(child), stop: () => stop(child) }
}
