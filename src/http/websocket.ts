import type { ClientRequest } from 'node:http'
import type { WebSocket } from 'ws'
import { upstreamFields } from '../core/headers.ts'
import type { Route } from '../core/policy.ts'
import type { Exchange } from './exchange.ts'
import { targetOf } from './forward.ts'

/** One message may be this large; a larger one closes the connection with 1009. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024
/** With more than this waiting for one side, the other is not read from. */
const MAX_WAITING_BYTES = 1024 * 1024
const HANDSHAKE_TIMEOUT_MS = 10_000
const RECHECK_MS = 20
/** RFC 6455 7.4.1 */
const GOING_AWAY = 1001

/** What the ws library writes itself; a second copy of a client's would break the handshake with the upstream. */
const HANDSHAKE_PREFIX = 'sec-websocket-'

/** A Fastify request, of which only the exchange matters here. */
interface Judged {
  readonly exchange: Exchange | null
}

/** http-proxy's types do not know rewriteRequestHeaders; its documentation and code do. */
const wsClientOptions = {
  maxPayload: MAX_MESSAGE_BYTES,
  perMessageDeflate: false,
  followRedirects: false,
  handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  rejectUnauthorized: true,
  rewriteRequestHeaders: (_headers: unknown, request: Judged) => handshakeHeaders(request.exchange),
  finishRequest: (request: ClientRequest) => sendAsJudged(request),
}

/** Of the handshake that is being made: its fields and its request line follow in one step. */
let judgedTarget: string | null = null

/** The target has been through two URL parsers by now, which escape more than the client did: `'` of a query, say. */
function sendAsJudged(request: ClientRequest): void {
  request.path = judgedTarget ?? request.path
  judgedTarget = null
  request.end()
}

/** How http-proxy speaks WebSocket for us. */
export const webSocketOptions = {
  websocket: true as const,
  wsServerOptions: { maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false },
  wsClientOptions,
  wsHooks: {
    onConnect: (_context: unknown, client: WebSocket, upstream: WebSocket) => endAbandoned(client, upstream),
    onIncomingMessage: (_context: unknown, client: WebSocket, upstream: WebSocket) =>
      holdBack(client, upstream),
    onOutgoingMessage: (_context: unknown, client: WebSocket, upstream: WebSocket) =>
      holdBack(upstream, client),
  },
  replyOptions: {
    getUpstream: (request: Judged) => originOf(request.exchange?.decision?.route),
  },
}

/**
 * Points the request at the target that the decision allows, so that http-proxy opens that one and no other.
 * @throws when the route's cut leaves no path
 */
export function prepareUpgrade(exchange: Exchange): void {
  const { decision } = exchange
  const target = decision?.route == null ? null : targetOf(decision, decision.route)
  if (target === null) throw new Error('strip_prefix leaves no path')
  exchange.request.url = target
  exchange.upstreamAsked()
}

/** The same sanitised fields and identity that any request gets; asked for once the client's handshake is taken. */
function handshakeHeaders(exchange: Exchange | null): Record<string, string | string[]> {
  const { decision } = exchange ?? {}
  if (exchange === null || decision?.permit == null || decision.route === null) {
    throw new Error('upgrading without a decision')
  }
  exchange.switched = true
  judgedTarget = exchange.request.url ?? null
  const fields = upstreamFields(decision, decision.route.request)
  const headers: Record<string, string | string[]> = Object.create(null)
  for (let i = 0; i < fields.length; i += 2)
    addField(headers, (fields[i] as string).toLowerCase(), fields[i + 1] as string)
  return headers
}

function addField(headers: Record<string, string | string[]>, name: string, value: string): void {
  if (name.startsWith(HANDSHAKE_PREFIX)) return
  const before = headers[name]
  headers[name] = before === undefined ? value : [before, value].flat()
}

function originOf(route: Route | null | undefined): string {
  if (route == null) throw new Error('upgrading without a route')
  const { origins } = route.upstream
  return origins[Math.floor(Math.random() * origins.length)] ?? ''
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
