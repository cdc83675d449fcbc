import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** What a client has taken of what was written to it, and since when it has taken nothing more. */
interface Progress {
  takenBytes: number
  sinceMs: number
}

const LONGEST_SWEEP_MS = 1000

/**
 * Cuts connections whose client takes nothing of what waits for it for `idleMs`. Who pipelines requests and never reads
 * would else hold them, and their replies, for good: none of Node's time-outs is about writing.
 */
export function cutStalledReaders(server: Server, idleMs: number): void {
  const connections = new Map<Socket, Progress>()
  server.on('connection', (socket: Socket) => {
    connections.set(socket, { takenBytes: 0, sinceMs: 0 })
    socket.once('close', () => connections.delete(socket))
  })
  const sweep = (): void => {
    const nowMs = performance.now()
    for (const [socket, progress] of connections) {
      if (isStalled(socket, progress, nowMs, idleMs)) cutReader(socket)
    }
  }
  const timer = setInterval(sweep, Math.min(LONGEST_SWEEP_MS, idleMs / 2)).unref()
  server.once('close', () => clearInterval(timer))
}

/**
 * Ends the connection of a reader that takes nothing, by a reset. An orderly end would wait behind what the client has
 * not taken: for minutes, megabytes for each such client stay in the kernel, whose memory for TCP is shared by all
 * connections of the machine. When that is full, everybody's packets are dropped.
 */
export function cutReader(socket: Socket): void {
  if (socket.destroyed) return
  socket.resetAndDestroy()
  // By itself that waits until what is queued here has been written, which is never.
  socket.destroy()
}

function isStalled(socket: Socket, progress: Progress, nowMs: number, idleMs: number): boolean {
  const takenBytes = socket.bytesWritten - socket.writableLength
  if (socket.writableLength === 0 || takenBytes !== progress.takenBytes) {
    progress.takenBytes = takenBytes
    progress.sinceMs = nowMs
    return false
  }
  return nowMs - progress.sinceMs >= idleMs
}
