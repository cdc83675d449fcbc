import type { ChildProcess } from 'node:child_process'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'

export interface Usage {
  /** User and system time since the start, of the process, its threads and its children. */
  readonly cpuMicros: number
  readonly rssBytes: number
}

export type Meter = () => Promise<Usage>

const ipcTimeoutMs = 5000

/** Reads /proc on Linux; elsewhere asks the child, which must have `cpu-reporter.ts` loaded. */
export function meterOf(child: ChildProcess): Meter {
  const { pid } = child
  if (pid === undefined) throw new Error('the process did not start')
  return process.platform === 'linux' ? async () => readTree(pid) : () => askChild(child)
}

/** Works on every platform, but sees one process and not its children. */
export async function askChild(child: ChildProcess): Promise<Usage> {
  const answer = once(child, 'message', { signal: AbortSignal.timeout(ipcTimeoutMs) })
  child.send('usage')
  const [usage] = await answer
  return usage
}

function readTree(rootPid: number): Usage {
  let ticks = 0
  let rssBytes = 0
  for (const stat of treeOf(rootPid)) {
    ticks += stat.ticks
    rssBytes += stat.rssPages * pageBytes()
  }
  return { cpuMicros: (ticks * 1_000_000) / ticksPerSecond(), rssBytes }
}

export interface Stat {
  readonly pid: number
  readonly parent: number
  /** utime, stime and those of the children that have been waited for. */
  readonly ticks: number
  readonly rssPages: number
}

/** One line of /proc/PID/stat, see proc_pid_stat(5). The command name may hold spaces and parentheses. */
export function parseStat(line: string): Stat {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const field = (number: number) => Number(fields[number - 3])
  return {
    pid: Number.parseInt(line, 10),
    parent: field(4),
    ticks: field(14) + field(15) + field(16) + field(17),
    rssPages: field(24),
  }
}

function treeOf(rootPid: number): Stat[] {
  const all = allStats()
  const tree = all.filter((stat) => stat.pid === rootPid)
  for (let i = 0; i < tree.length; i++) tree.push(...all.filter((stat) => stat.parent === tree[i]?.pid))
  return tree
}

function allStats(): Stat[] {
  const stats: Stat[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const line = readStat(name)
    if (line !== null) stats.push(parseStat(line))
  }
  return stats
}

/** A process may end between the listing and the reading. */
function readStat(pid: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return null
  }
}

const settings = new Map<string, number>()

function getconf(name: string, usual: number): number {
  const known = settings.get(name)
  if (known !== undefined) return known
  const value = readConf(name) ?? usual
  settings.set(name, value)
  return value
}

function readConf(name: string): number | null {
  try {
    return Number.parseInt(execFileSync('getconf', [name], { encoding: 'utf8', timeout: 2000 }), 10)
  } catch {
    return null
  }
}

function ticksPerSecond(): number {
  return getconf('CLK_TCK', 100)
}

function pageBytes(): number {
  return getconf('PAGESIZE', 4096)
}
