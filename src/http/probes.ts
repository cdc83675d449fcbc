import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify'

/** What the probes tell. Nothing in it is secret: whoever reaches the ops port may read it. */
export interface Health {
  readonly status: 'starting' | 'ok' | 'degraded' | 'draining'
  /** The data listener takes requests, and wants more of them. */
  readonly ready: boolean
  /** It has been ready once. */
  readonly started: boolean
  readonly summary: Readonly<Record<string, unknown>>
}

export interface OpsParts {
  readonly health: () => Health
  readonly metrics: { readonly render: () => Promise<string>; readonly contentType: string }
}

/** The listener for kubelet, Prometheus and people on call. */
export interface OpsServer {
  /** @throws the error of the socket, e.g. EADDRINUSE */
  readonly listen: (host: string, port: number) => Promise<AddressInfo>
  readonly close: () => Promise<void>
}

const TIMEOUT_MS = 5000
const MAX_HEADER_BYTES = 8192
const MAX_BODY_BYTES = 1024
const MAX_CONNECTIONS = 256
const NO_STORE = { 'cache-control': 'no-store' }

/** A server of its own, so that it answers when the data port is overloaded or closed. */
export function createOpsServer({ health, metrics }: OpsParts): OpsServer {
  const app = fastify({
    requestTimeout: TIMEOUT_MS,
    keepAliveTimeout: TIMEOUT_MS,
    bodyLimit: MAX_BODY_BYTES,
    http: { headersTimeout: TIMEOUT_MS, maxHeaderSize: MAX_HEADER_BYTES },
    forceCloseConnections: true,
    frameworkErrors: (_error, _request, reply) => void notFound(reply),
  })
  app.server.maxConnections = MAX_CONNECTIONS
  app.setNotFoundHandler((_request, reply) => notFound(reply))
  app.setErrorHandler((_error, _request, reply) => answer(reply, 500, { status: 'error' }))
  probes(app, health)
  app.get('/metrics', async (_request, reply) => {
    const text = await metrics.render()
    return reply.headers(NO_STORE).type(metrics.contentType).send(text)
  })
  return {
    listen: async (host, port) => {
      await app.listen({ host, port })
      return app.server.address() as AddressInfo
    },
    close: () => app.close(),
  }
}

function probes(app: FastifyInstance, health: () => Health): void {
  app.get('/health', (_request, reply) => {
    const { status, ready, summary } = health()
    return answer(reply, ready ? 200 : 503, { status, ready, ...summary })
  })
  // Alive is whoever can answer: a dependency that is down is no reason to be restarted.
  app.get('/health/live', (_request, reply) => answer(reply, 200, { status: 'alive' }))
  app.get('/health/ready', (_request, reply) => {
    const { ready, status } = health()
    return answer(reply, ready ? 200 : 503, { status: ready ? 'ready' : status })
  })
  app.get('/health/startup', (_request, reply) => {
    const { started } = health()
    return answer(reply, started ? 200 : 503, { status: started ? 'started' : 'starting' })
  })
}

function answer(reply: FastifyReply, status: number, body: object): FastifyReply {
  return reply.code(status).headers(NO_STORE).send(body)
}

function notFound(reply: FastifyReply): FastifyReply {
  return answer(reply, 404, { status: 'not_found' })
}
