import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { upstreamFields } from '../core/headers.ts'
import type { Decision, Route } from '../core/policy.ts'
import type { UpstreamFailure } from '../core/upstream.ts'
import { breakDown } from './act.ts'
import type { Exchange } from './exchange.ts'
import { NO_PATH, refuseLate, targetOf } from './forward.ts'
import { replyFromUpstream } from './reply.ts'
import { handOver } from './websocket.ts'
import { type Asking, Handshake, type Opened } from './websocket-dial.ts'
import { plainReply } from './websocket-reply.ts'

/** A client has to wait for its 101. Who sends more than this before it is not read from any further. */
const MAX_EARLY_BYTES = 65_536

/**
 * Asks the upstream for a WebSocket, with the same sanitised fields and identity that any request gets.
 * @param proceed called when it is open and handed to http-proxy; else the client is answered here
 */
export function upgrade(exchange: Exchange, proceed: () => void): void {
  const { decision } = exchange
  if (decision?.permit == null || decision.route === null) throw new Error('upgrading without a permit')
  const asking = askingOf(decision, decision.route)
  if (asking === null) {
    refuseLate(exchange, 'path_refused', NO_PATH)
    return
  }
  const early = new EarlyBytes(exchange.request.socket)
  exchange.upstreamAsked()
  const guarded = (step: () => void): void => {
    try {
      step()
    } catch (error) {
      breakDown(exchange, error)
    }
  }
  const handshake = new Handshake(asking, {
    opened: (opened) => guarded(() => open(exchange, opened, early, proceed)),
    replied: (message) => guarded(() => passOn(exchange, message, decision.route as Route)),
    failed: ({ code, message }: UpstreamFailure) => guarded(() => refuseLate(exchange, code, message)),
  })
  exchange.onAbort(() => handshake.abandon())
}

function askingOf(decision: Decision, route: Route): Asking | null {
  const target = targetOf(decision, route)
  if (target === null) return null
  const { upstream } = route
  const origin = upstream.origins[Math.floor(Math.random() * upstream.origins.length)] as string
  return { upstream, origin, target, fields: upstreamFields(decision, route.request) }
}

function open(exchange: Exchange, opened: Opened, early: EarlyBytes, proceed: () => void): void {
  exchange.upstreamAnswered()
  exchange.onAbort(() => opened.socket.destroy())
  if (exchange.bounds.isDraining()) {
    opened.socket.destroy()
    refuseLate(
      exchange,
      'draining',
      'the upstream took the WebSocket when the gate was already shutting down',
    )
    return
  }
  early.giveBack()
  handOver(exchange, opened)
  proceed()
}

/** What the upstream says instead of switching is the client's to know, like every reply of an API. */
function passOn(exchange: Exchange, message: IncomingMessage, route: Route): void {
  const { request, response } = exchange
  exchange.upstreamAnswered()
  exchange.onAbort((reason) => message.destroy(reason))
  response.shouldKeepAlive = false
  // Node has let go of the socket, and would not tell the reply any more when there is room again.
  request.socket.on('drain', () => response.emit('drain'))
  try {
    replyFromUpstream(exchange, plainReply(message, route.upstream.timeout.idleMs))
  } catch (error) {
    message.destroy()
    refuseLate(exchange, 'upstream_reply_invalid', error instanceof Error ? error.message : String(error))
  }
}

/**
 * What a client sends before its 101, and its leaving, which nobody would notice who does not read. It is read until
 * http-proxy does.
 */
class EarlyBytes {
  readonly #socket: Socket
  readonly #chunks: Buffer[] = []
  #bytes = 0

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', this.#keep)
    socket.on('end', this.#leave)
  }

  /** Puts back what has come; nothing is read from now on until the socket is resumed. */
  giveBack(): void {
    this.#socket.off('data', this.#keep)
    this.#socket.off('end', this.#leave)
    this.#socket.pause()
    if (this.#bytes > 0) this.#socket.unshift(Buffer.concat(this.#chunks))
  }

  readonly #keep = (chunk: Buffer): void => {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > MAX_EARLY_BYTES) this.#socket.pause()
  }

  /** One that has ended its side cannot say goodbye, nor anything else. */
  readonly #leave = (): void => void this.#socket.destroy()
}
