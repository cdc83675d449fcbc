import { EventEmitter, once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import { fieldOf, takeMessage } from './raw-message.ts'

/** One request as it came off the wire. */
export interface SeenRequest {
  readonly method: string
  readonly target: string
  /** As sent: [name, value]. */
  readonly fields: readonly (readonly [string, string])[]
  /** Decoded when it was chunked, latin1. */
  readonly body: string
  readonly socket: Socket
}

/** Gets each whole request; what it returns is written. */
export type Answering = (request: SeenRequest) => string | null

/** Gets each connection raw instead; nothing is parsed then. */
export type Connecting = (socket: Socket, index: number) => void

export const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

/** An API made of sockets: it remembers every byte that reached it and answers by a script. */
export class RawUpstream extends EventEmitter {
  readonly requests: SeenRequest[] = []
  readonly sockets: Socket[] = []
  /** Every byte of every connection, latin1. */
  log = ''
  answer: Answering = () => OK
  /** Takes each connection over; the log is kept all the same unless `isQuiet`. */
  connecting: Connecting | null = null
  isQuiet = false
  origin = ''
  /** What has come of a request that is not whole yet. */
  readonly #pending = new Map<Socket, string>()

  get open(): number {
    return this.sockets.filter((socket) => !socket.destroyed).length
  }

  /** Starts anew: what came before is forgotten. */
  reset(): void {
    this.requests.length = 0
    this.log = ''
    this.answer = () => OK
    this.connecting = null
  }

  /** Resolves when that many whole requests have come. */
  async seen(count: number): Promise<readonly SeenRequest[]> {
    while (this.requests.length < count) await once(this, 'request')
    return this.requests
  }

  /** Resolves when the log holds the text. */
  async logged(text: string): Promise<void> {
    while (!this.log.includes(text)) await once(this, 'bytes')
  }

  /** Resolves when no connection is open on which half of a request has come. */
  async abandoned(): Promise<void> {
    while (this.sockets.some((socket) => !socket.destroyed && (this.#pending.get(socket) ?? '') !== '')) {
      await once(this, 'gone')
    }
  }

  /** Resolves when no connection is open. */
  async drained(): Promise<void> {
    while (this.open > 0) await once(this, 'gone')
  }

  take(socket: Socket): void {
    const index = this.sockets.push(socket) - 1
    // A peer that resets is part of the script.
    socket.on('error', () => undefined)
    socket.on('close', () => this.emit('gone'))
    if (this.connecting !== null) this.connecting(socket, index)
    const isParsed = this.connecting === null
    if (!isParsed && this.isQuiet) return
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      this.log += text
      this.emit('bytes')
      if (isParsed) this.#pending.set(socket, this.#parse((this.#pending.get(socket) ?? '') + text, socket))
    })
  }

  #parse(pending: string, socket: Socket): string {
    let rest = pending
    for (;;) {
      const message = takeMessage(rest, 'request')
      if (message === null) return rest
      rest = message.rest
      const [method = '', target = ''] = message.start.split(' ')
      const request = { method, target, fields: message.fields, body: message.body, socket }
      this.requests.push(request)
      this.emit('request')
      const reply = this.answer(request)
      if (reply !== null) socket.write(reply, 'latin1')
    }
  }
}

export async function startUpstream(t: Test): Promise<RawUpstream> {
  const upstream = new RawUpstream()
  upstream.setMaxListeners(0)
  const server = createServer({ noDelay: true }, (socket) => upstream.take(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  upstream.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.teardown(() => {
    for (const socket of upstream.sockets) socket.destroy()
    server.close()
  })
  return upstream
}

/** The only value of a field; null when it is missing, all of them joined by ` && ` when there are more. */
export function sent(request: SeenRequest | undefined, name: string): string | null {
  return fieldOf(request?.fields ?? [], name)
}
