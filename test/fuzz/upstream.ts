import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Script } from './case.ts'
import { play } from './play.ts'
import { valuesOf } from './strict-head.ts'
import { isUpgrade, type StrictRequest, takeRequest } from './strict-request.ts'

const MAX_KEPT_BYTES = 4000
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const SCRIPTED = /^\/reply\/(\d+)(?:\?|$)/

/** A connection on which something came that no strict server takes for a request. */
export interface Broken {
  readonly why: string
  readonly bytes: string
}

/** An API made of sockets: reads like the strictest server, keeps what it read, answers well or by script. */
export class FuzzUpstream {
  readonly requests: StrictRequest[] = []
  readonly broken: Broken[] = []
  /** Replies by the number in the target. */
  readonly scripts = new Map<number, Script>()
  readonly #sockets = new Set<Socket>()
  readonly #server: Server
  origin = ''

  constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#take(socket))
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #take(socket: Socket): void {
    let pending = ''
    this.#sockets.add(socket)
    // A gate that resets is part of the game.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#sockets.delete(socket))
    const onData = (chunk: Buffer): void => {
      const rest = this.#read(pending + chunk.toString('latin1'), socket)
      if (rest === null) socket.off('data', onData).resume()
      else pending = rest
    }
    socket.on('data', onData)
  }

  /** @returns what is not whole yet; null when nothing more is to be read as HTTP */
  #read(bytes: string, socket: Socket): string | null {
    let rest = bytes
    for (;;) {
      const taken = takeRequest(rest)
      if (taken.state === 'partial') return rest
      if (taken.state === 'malformed') {
        this.broken.push({ why: taken.why, bytes: rest.slice(0, MAX_KEPT_BYTES) })
        socket.destroy()
        return null
      }
      rest = taken.rest
      this.requests.push(taken.message)
      this.#answer(taken.message, socket)
      if (isUpgrade(taken.message)) return null
    }
  }

  #answer(request: StrictRequest, socket: Socket): void {
    if (isUpgrade(request)) {
      socket.write(switching(request))
      return
    }
    const script = this.scripts.get(Number(SCRIPTED.exec(request.target)?.[1] ?? -1))
    if (script === undefined) socket.write(echo(request), 'latin1')
    else void play(socket, script)
  }
}

function switching({ fields }: StrictRequest): string {
  const [key = ''] = valuesOf(fields, 'sec-websocket-key')
  const accept = createHash('sha1').update(`${key}${WEBSOCKET_GUID}`).digest('base64')
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
}

/** Tells the request's own id, so that each client can see whose reply it got. */
function echo({ method, target, fields, body }: StrictRequest): string {
  const [id = null] = valuesOf(fields, 'x-request-id')
  const [key = null] = valuesOf(fields, 'x-sallyport-key-id')
  const text = JSON.stringify({ id, key, target, bytes: body.length })
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n`
  return method === 'HEAD' ? head : head + text
}
