import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs'

const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants
const OWNER_WRITES_GROUP_READS = 0o640
const LINE_FEED = 0x0a

/**
 * Opens a file to append to. Non-blocking, so that a named pipe without a reader fails instead of stopping the process.
 * What a killed process left without a line feed is ended by one, so that the next record has a line of its own.
 * @throws Error of the file system
 */
export function openAppend(path: string): number {
  const fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, OWNER_WRITES_GROUP_READS)
  try {
    if (endsTorn(path, fd)) writeSync(fd, '\n')
  } catch {
    // Not readable, or full: records still come first, and each begins with `{`.
  }
  return fd
}

function endsTorn(path: string, fd: number): boolean {
  const stat = fstatSync(fd)
  if (!stat.isFile() || stat.size === 0) return false
  const reader = openSync(path, 'r')
  try {
    const last = Buffer.alloc(1)
    return readSync(reader, last, 0, 1, stat.size - 1) === 1 && last[0] !== LINE_FEED
  } finally {
    closeSync(reader)
  }
}

/**
 * Standard output or error. A pipe is opened once more without blocking: the flag belongs to that opening, so nobody who
 * shares the pipe is affected, and a reader that has stopped cannot hold a thread of ours, not even at exit.
 */
export function openStandard(fd: 1 | 2): number {
  try {
    if (fstatSync(fd).isFIFO()) return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK)
  } catch {
    // No /proc, or a pipe of another user: written to as it is.
  }
  return fd
}
