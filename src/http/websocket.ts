import type { ClientRequest, IncomingMessage } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { WebSocket, WebSocketServer } from 'ws'
import type { Exchange } from './exchange.ts'
import { acceptFor, type Opened } from './websocket-dial.ts'

/** One message may be this large; a larger one closes the connection with 1009. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024
/** With more than this waiting for one side, the other is not read from. */
const MAX_WAITING_BYTES = 1024 * 1024
const RECHECK_MS = 20
/** RFC 6455 7.4.1 */
const GOING_AWAY = 1001
/** 1014, bad gateway, would say more; but clients that do not know it take it for a broken frame. */
const INTERNAL_ERROR = 1011
/** What the ws library calls the end of a connection that no close frame came before, and a close frame without a code. */
const CUT = 1006
const NO_CODE = 1005
/** All that a client is told of an upstream that fails. */
const UNAVAILABLE = 'upstream unavailable'

/** A Fastify request, of which only the exchange matters here. */
interface Judged {
  readonly exchange: Exchange | null
}

/** What is handed to http-proxy: the upstream's connection, and whose it is. */
interface Handed {
  readonly exchange: Exchange
  readonly opened: Opened
}

/** By the client's request, from the upstream's yes to the client's 101. */
const handedTo = new WeakMap<IncomingMessage, Handed>()
/** By http-proxy's own client of the upstream: whose record tells how it ends. */
const exchangeOf = new WeakMap<WebSocket, Exchange>()
/** Of the connection that is being handed over: http-proxy asks for fields, socket and request in one step. */
let handing: Handed | null = null

/**
 * How http-proxy speaks WebSocket for us. It would accept the client first and dial then, so that a client is told 101
 * whatever becomes of the upstream. So the upstream is asked before http-proxy hears of the request, and its own client
 * is given the connection that is open, with the yes in front of what the upstream says.
 */
export const webSocketOptions = {
  websocket: true as const,
  wsServerOptions: {
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: (_offered: unknown, request: IncomingMessage) =>
      handedTo.get(request)?.opened.protocol ?? false,
  },
  wsClientOptions: {
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    followRedirects: false,
    // http-proxy's types do not know it; its documentation and code do.
    rewriteRequestHeaders: (_headers: unknown, request: Judged) => takeUp(request.exchange),
    createConnection: () => handed().opened.socket,
    finishRequest: (request: ClientRequest, upstream: WebSocket) => answerInPlace(request, upstream),
  },
  wsHooks: {
    onConnect: (_context: unknown, client: WebSocket, upstream: WebSocket) => join(client, upstream),
    onIncomingMessage: (_context: unknown, client: WebSocket, upstream: WebSocket) =>
      holdBack(client, upstream),
    onOutgoingMessage: (_context: unknown, client: WebSocket, upstream: WebSocket) =>
      holdBack(upstream, client),
  },
  preHandler: (_request: unknown, reply: FastifyReply, done: () => void) => {
    nameReplies(reply)
    done()
  },
  // Dialled by nobody: the connection is open.
  replyOptions: { getUpstream: () => 'http://upstream.invalid' },
}

/** Gives http-proxy the connection that it will speak over for this exchange. */
export function handOver(exchange: Exchange, opened: Opened): void {
  handedTo.set(exchange.request, { exchange, opened })
}

const named = new WeakSet<WebSocketServer>()

/** Every reply of ours has its id, the 101 too. http-proxy does not document where its server is. */
function nameReplies(reply: FastifyReply): void {
  const { wsProxy } = reply as FastifyReply & { wsProxy?: { readonly wss: WebSocketServer } }
  if (wsProxy === undefined || named.has(wsProxy.wss)) return
  named.add(wsProxy.wss)
  wsProxy.wss.on('headers', (lines, request) => {
    const id = handedTo.get(request)?.exchange.arrival.id
    if (id !== undefined) lines.push(`x-request-id: ${id}`)
  })
}

/** Called once the client has its 101. The fields have gone out before. */
function takeUp(exchange: Exchange | null): Record<string, never> {
  handing = exchange === null ? null : (handedTo.get(exchange.request) ?? null)
  const { request } = handed().exchange
  handed().exchange.switched = true
  handedTo.delete(request)
  // What came before is in front of it again, see EarlyBytes, and nothing is read until it is told to go on.
  request.socket.resume()
  return {}
}

function handed(): Handed {
  if (handing === null) throw new Error('upgrading without a connection to the upstream')
  return handing
}

/** The request of http-proxy's client is never sent: what the upstream has answered to ours stands for the reply. */
function answerInPlace(request: ClientRequest, upstream: WebSocket): void {
  const { exchange, opened } = handed()
  handing = null
  exchangeOf.set(upstream, exchange)
  const { socket } = exchange.request
  // Nothing can come between, but if it did, http-proxy would tell the client what.
  const cut = (): void => void socket.destroy()
  upstream.once('error', cut)
  upstream.once('open', () => upstream.off('error', cut))
  opened.socket.unshift(Buffer.concat([Buffer.from(yesTo(request, opened), 'latin1'), opened.head]))
}

function yesTo(request: ClientRequest, { protocol }: Opened): string {
  const accept = acceptFor(String(request.getHeader('sec-websocket-key')))
  const chosen = protocol === null ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${chosen}\r\n`
}

/** Both are open. How the upstream ends is heard here before it is heard by http-proxy, which hands errors on as they are. */
function join(client: WebSocket, upstream: WebSocket): void {
  endAbandoned(client, upstream)
  const exchange = exchangeOf.get(upstream)
  upstream.prependListener('error', (error) => {
    exchange?.failed('upstream_reply_invalid', `WebSocket: ${error.message}`)
    if (client.readyState === client.OPEN) client.close(INTERNAL_ERROR, UNAVAILABLE)
  })
  upstream.prependListener('close', (code) => {
    if (client.readyState !== client.OPEN) return
    if (code === NO_CODE) client.close()
    if (code !== CUT) return
    exchange?.failed('upstream_unreachable', 'WebSocket: the connection ended without a close frame')
    client.close(INTERNAL_ERROR, UNAVAILABLE)
  })
}

/**
 * A client may have left while the upstream was asked. http-proxy passes an end on to an open connection only, so this one
 * would stay for good; what the client had said until then goes first, in listeners of the same event.
 */
function endAbandoned(client: WebSocket, upstream: WebSocket): void {
  if (client.readyState !== client.OPEN) queueMicrotask(() => upstream.close(GOING_AWAY))
}

/** A flood towards a slow or unconnected side waits with its sender, in the kernel, and not in our memory. */
function holdBack(from: WebSocket, to: WebSocket): void {
  if (from.isPaused || !isFull(to)) return
  from.pause()
  const timer = setInterval(() => {
    if (isFull(to) && from.readyState === from.OPEN) return
    clearInterval(timer)
    from.resume()
  }, RECHECK_MS)
  timer.unref()
}

function isFull(socket: WebSocket): boolean {
  if (socket.readyState === socket.CONNECTING) return true
  return socket.readyState === socket.OPEN && socket.bufferedAmount > MAX_WAITING_BYTES
}
