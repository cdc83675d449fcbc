import { EventEmitter, once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { fieldOf, type Kind, type RawMessage, takeMessage } from './raw-message.ts'

export interface Reply extends RawMessage {
  readonly status: number
}

/** A client that sends what it is told, byte for byte, and reads what comes. */
export class RawClient extends EventEmitter {
  readonly socket: Socket
  /** Every byte that came, latin1. */
  received = ''
  isClosed = false
  #taken = 0

  constructor(port: number, options: { allowHalfOpen?: boolean } = {}) {
    super()
    this.setMaxListeners(0)
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true, ...options })
    // The other side may reset while we still send: what it said before is what counts.
    this.socket.on('error', () => undefined)
    this.socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1')
      this.emit('news')
    })
    this.socket.on('close', () => {
      this.isClosed = true
      this.emit('news')
    })
  }

  send(bytes: string | Uint8Array): this {
    if (typeof bytes === 'string') this.socket.write(bytes, 'latin1')
    else this.socket.write(bytes)
    return this
  }

  /** The next reply; 1xx count as replies. Rejects when the connection ends before it is whole. */
  async reply(kind: Kind = 'reply'): Promise<Reply> {
    for (;;) {
      const message = takeMessage(this.received.slice(this.#taken), this.isClosed ? 'last reply' : kind)
      if (message !== null) {
        this.#taken = this.received.length - message.rest.length
        return { ...message, status: Number(message.start.split(' ')[1]) }
      }
      if (this.isClosed) throw new Error(`closed after ${JSON.stringify(this.received.slice(-200))}`)
      await once(this, 'news')
    }
  }

  /** Resolves when the text has come. */
  async until(text: string): Promise<void> {
    while (!this.received.includes(text)) {
      if (this.isClosed) throw new Error(`closed before ${text}`)
      await once(this, 'news')
    }
  }

  /** Resolves when the connection is gone. */
  async closed(): Promise<void> {
    while (!this.isClosed) await once(this, 'news')
  }

  leave(): void {
    this.socket.destroy()
  }
}

/** The value of a reply's field; null when it is missing. */
export function got(reply: Reply, name: string): string | null {
  return fieldOf(reply.fields, name)
}
