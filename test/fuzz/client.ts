import { EventEmitter, once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Script } from './case.ts'
import { play } from './play.ts'

/** Linux answers on all of 127.0.0.0/8: each client comes from an address of its own, and is known by it everywhere. */
export function addressOf(serial: number): string {
  return `127.${16 + ((serial >> 16) & 127)}.${(serial >> 8) & 255}.${serial & 255}`
}

/** What one client saw. */
export interface Seen {
  /** Latin1. */
  readonly received: string
  /** The gate closed the connection in order. */
  readonly hasEnded: boolean
  /** The gate neither answered nor closed for as long as it may. */
  readonly isStuck: boolean
}

/** A client that writes what it is told and keeps what comes. */
export class FuzzClient extends EventEmitter {
  readonly socket: Socket
  received = ''
  /** An orderly end came. */
  hasEnded = false
  isClosed = false

  constructor(port: number, address: string) {
    super()
    this.socket = connect({
      port,
      host: '127.0.0.1',
      localAddress: address,
      noDelay: true,
      allowHalfOpen: true,
    })
    this.socket.on('error', () => undefined)
    this.socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1')
      this.emit('news')
    })
    this.socket.on('end', () => {
      this.hasEnded = true
      this.socket.end()
      this.emit('news')
    })
    this.socket.on('close', () => {
      this.isClosed = true
      this.emit('news')
    })
  }

  /** Waits until that holds, the connection is over, or no byte came for so long. @returns whether it holds */
  async until(holds: () => boolean, quietMs: number): Promise<boolean> {
    while (!holds()) {
      if (this.hasEnded || this.isClosed) return false
      const signal = AbortSignal.timeout(quietMs)
      const came = await once(this, 'news', { signal }).then(
        () => true,
        () => false,
      )
      if (!came) return holds()
    }
    return true
  }

  async closed(withinMs: number): Promise<boolean> {
    await this.until(() => this.isClosed, withinMs)
    // An orderly end is followed by the close at once, which `until` does not wait for.
    if (this.hasEnded && !this.isClosed) await once(this.socket, 'close')
    return this.isClosed
  }
}

/** Bytes of a whole message are answered or refused within this; a machine under load is slow. */
const ANSWER_MS = 5000
/** Bytes that may be the beginning of something are given this long. */
const QUIET_MS = 25

export interface Wanted {
  /** Final replies that are owed. */
  readonly isAnswered: (received: string) => boolean
  /** All that was written are whole messages: an answer is owed. */
  readonly isOwed: boolean
}

/** Runs a client's script to its end. */
export async function runScript(
  port: number,
  address: string,
  script: Script,
  wanted: Wanted,
): Promise<Seen> {
  const client = new FuzzClient(port, address)
  await play(client.socket, script)
  let isStuck = false
  if (script.ending === 'wait') {
    const waitMs = wanted.isOwed ? ANSWER_MS : QUIET_MS
    const isAnswered = await client.until(() => wanted.isAnswered(client.received), waitMs)
    isStuck = wanted.isOwed && !isAnswered && !client.hasEnded && !client.isClosed
    client.socket.end()
  }
  if (!(await client.closed(ANSWER_MS))) isStuck = true
  client.socket.destroy()
  return { received: client.received, hasEnded: client.hasEnded, isStuck }
}
