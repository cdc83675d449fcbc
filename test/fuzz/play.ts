import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { Script } from './case.ts'

/** Writes a script's bytes, each write on its own, and ends as it says. */
export async function play(socket: Socket, { writes, ending }: Script): Promise<void> {
  for (const [i, write] of writes.entries()) {
    if (i > 0) await setImmediate()
    if (!socket.writable) return
    socket.write(write, 'latin1')
  }
  if (ending === 'end') socket.end()
  if (ending === 'leave') socket.destroySoon()
  if (ending === 'reset') {
    // What was written is let out first, or the reset would take it back.
    await setImmediate()
    socket.resetAndDestroy()
  }
}
