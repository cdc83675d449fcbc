import { createServer, type IncomingMessage, Server, type ServerOptions } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import httpProxy from '@fastify/http-proxy'
import fastify from 'fastify'
import type { Exchange } from './exchange.ts'
import { isWebSocketUpgrade } from './front-door.ts'
import type { Gate } from './gate.ts'
import { outliveHalfClose } from './half-close.ts'
import { cutStalledReaders } from './stalled.ts'
import { webSocketOptions } from './websocket.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once the decision is to forward. */
    exchange: Exchange | null
  }
}

/** Bounds of the data listener; all times in milliseconds. */
export interface ServerSettings {
  readonly maxConnections: number
  readonly maxHeaderBytes: number
  readonly headersTimeoutMs: number
  /** For a whole request, body included; 0 is none. */
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /** Longest silence of a client that is owed bytes. */
  readonly idleTimeoutMs: number
}

/** The listener that clients reach. */
export interface DataServer {
  /** @throws the error of the socket, e.g. EADDRINUSE */
  readonly listen: (host: string, port: number) => Promise<AddressInfo>
  /** Serves a connection that was made in this process; it tells by `remoteAddress` whose it is. */
  readonly adopt: (connection: Duplex) => void
  /** Takes no more connections and ends the idle ones; resolves when the last one is over. */
  readonly stop: () => Promise<void>
  /** Ends the idle connections. */
  readonly endIdle: () => void
  /** Cuts what is left. */
  readonly cut: () => void
  readonly connections: () => Promise<number>
  /** Connections refused because `maxConnections` were open. */
  readonly dropped: () => number
}

/** Node looks at its timeouts this often, so they are kept to the second and not to the half minute. */
const CHECK_TIMEOUTS_MS = 500
/** While stopping, connections that have become idle are ended this often. */
const SWEEP_MS = 100

/** Node's server with the gate behind it, and Fastify with http-proxy for upgrades, which pass the same judgement first. */
export async function createDataServer(gate: Gate, settings: ServerSettings): Promise<DataServer> {
  const app = fastify({
    // What Fastify would do with a request goes unused: only http-proxy, at an upgrade, has it routed.
    serverFactory: () => bounded(createServer(serverOptions(settings, gate), gate.serve), settings),
    // The gate has a router of its own, and routes on the canonical path; Fastify's has nothing to decide.
    rewriteUrl: () => '/',
    exposeHeadRoutes: false,
    // Fastify's own would answer first, with an echo of its kind and without an audit line.
    clientErrorHandler: (error, socket) => gate.malformed(error, socket),
  })
  app.decorateRequest('exchange', null)
  app.addHook('onRequest', gate.judgeUpgrade)
  app.setErrorHandler(gate.fail)
  await app.register(httpProxy, {
    ...webSocketOptions,
    upstream: '',
    routes: ['/'],
    httpMethods: ['GET'],
    handler: refuseUnjudged,
  })
  await app.ready()
  return dataServer(app.server, gate)
}

/** http-proxy is here for upgrades: anything else that gets to it has passed nobody's judgement. */
function refuseUnjudged(): never {
  throw new Error('a request has got past the gate')
}

function serverOptions(settings: ServerSettings, gate: Gate): ServerOptions {
  return {
    maxHeaderSize: settings.maxHeaderBytes,
    headersTimeout: settings.headersTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
    keepAliveTimeout: settings.keepAliveTimeoutMs,
    connectionsCheckingInterval: CHECK_TIMEOUTS_MS,
    insecureHTTPParser: false,
    // A request without a body needs no stream that ends at once.
    optimizeEmptyRequests: true,
    // The front door asks for it, and answers with a code and an audit line.
    requireHostHeader: false,
    // h2c and other protocols are not switched to: such a request is one like any other, without its Upgrade.
    // Nor is a connection that still owes a reply: http-proxy would take the socket from under it, and throw.
    // Nor behind a body: Node then hands over a stream of its own making, whose errors nobody listens to.
    shouldUpgradeCallback: (request) =>
      isWebSocketUpgrade({ method: request.method ?? '', headers: request.headers }) &&
      !hasBody(request) &&
      gate.mayUpgrade(request.socket),
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

function bounded(server: Server, settings: ServerSettings): Server {
  server.maxConnections = settings.maxConnections
  // 0 is no limit of the parser's own: it would drop what is beyond and act on the rest. The front door counts.
  server.maxHeadersCount = 0
  cutStalledReaders(server, settings.idleTimeoutMs)
  outliveHalfClose(server)
  return server
}

/** Node lets go of a socket that it has handed over, and does not close it with the rest. */
function upgradedSockets(server: Server): ReadonlySet<Duplex> {
  const sockets = new Set<Duplex>()
  server.on('upgrade', (_request, socket: Duplex) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

function dataServer(server: Server, gate: Gate): DataServer {
  let dropped = 0
  server.on('drop', () => {
    dropped += 1
  })
  const upgraded = upgradedSockets(server)
  server.on('connection', (socket: Socket) => gate.greet(socket))
  server.on('connect', (request: IncomingMessage) => gate.refuseTunnel(request.socket))
  // Both stay with the gate: it invites a body only when one is wanted.
  server.on('checkContinue', (request, response) => server.emit('request', request, response))
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => resolve(server.address() as AddressInfo))
      }),
    adopt: (connection) => void server.emit('connection', connection),
    stop: () =>
      new Promise((resolve) => {
        // A reply that had begun before may leave its connection open.
        const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
        // Node's own first: http-proxy's would take connections until the last WebSocket is over.
        Server.prototype.close.call(server)
        server.close(() => {
          clearInterval(sweep)
          resolve()
        })
        server.closeIdleConnections()
      }),
    endIdle: () => server.closeIdleConnections(),
    cut: () => {
      server.closeAllConnections()
      for (const socket of upgraded) socket.destroy()
    },
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
      }),
    dropped: () => dropped,
  }
}
