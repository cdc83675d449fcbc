import { execFileSync } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'

/** Where contenders and where the driver with its upstream run; null = wherever the system puts them. */
export interface Pinning {
  readonly contenderCpu: number | null
  readonly driverCpu: number | null
  readonly note: string
}

/** @returns the program's path, found through PATH, or null */
export function which(program: string): string | null {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, program)
    if (folder !== '' && isExecutable(path)) return path
  }
  return null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** `0-2,5` -> 0, 1, 2, 5. */
export function parseCpuList(list: string): number[] {
  return list
    .split(',')
    .filter((part) => /^\d+(-\d+)?$/.test(part))
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, i) => first + i)
    })
}

function allowedCpus(): number[] {
  if (process.platform !== 'linux') return []
  const line = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))
  return parseCpuList(line?.[1] ?? '')
}

/** One core for the contender, another for everything else; unpinned where that cannot be had. */
export function pinning(): Pinning {
  const [contenderCpu, driverCpu] = allowedCpus()
  if (which('taskset') === null) return unpinned('no taskset in PATH')
  if (contenderCpu === undefined || driverCpu === undefined) return unpinned('fewer than two cores')
  return { contenderCpu, driverCpu, note: 'one core for the contender, one for driver and upstream' }
}

function unpinned(why: string): Pinning {
  return { contenderCpu: null, driverCpu: null, note: `not pinned: ${why} (${availableParallelism()} cores)` }
}

/** Moves this process, all its threads, and so its later children, to one core. */
export function pinSelf(cpu: number | null): void {
  if (cpu === null) return
  execFileSync('taskset', ['-a', '-c', '-p', String(cpu), String(process.pid)], { timeout: 5000 })
}

/** The command as it has to be started to run on one core. */
export function pinned(cpu: number | null, command: string, args: readonly string[]): [string, string[]] {
  return cpu === null ? [command, [...args]] : ['taskset', ['-c', String(cpu), command, ...args]]
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port)
        else reject(new Error('no free port'))
      })
    })
  })
}
