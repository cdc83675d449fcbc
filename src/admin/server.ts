import type { AddressInfo, Socket } from 'node:net'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import type { CircuitStatus } from '../adapters/circuit.ts'
import type { Log } from '../adapters/log.ts'
import { StoreError } from '../adapters/redis/store-error.ts'
import type { Code } from '../core/codes.ts'
import { refusalFor } from '../http/malformed.ts'
import type { Health } from '../http/probes.ts'
import { rawProblem } from '../http/refusal.ts'
import { newRequestId } from '../http/request-id.ts'
import { circuitRoutes } from './circuits.ts'
import { answers, jsonOf } from './describe.ts'
import { doorOf } from './door.ts'
import { type ExplainParts, explainRoutes } from './explain.ts'
import { healthRoutes } from './health.ts'
import { type LimitParts, limitRoutes } from './limits.ts'
import { loginOf } from './login.ts'
import { type PolicyParts, policyRoutes } from './policy.ts'
import { PROBLEM_ID, problemSchema, refuse } from './problem.ts'
import { type ReportParts, reportRoutes } from './report.ts'
import { AdminToken } from './token.ts'

export interface AdminParts
  extends Pick<PolicyParts, 'current' | 'reload' | 'audit'>,
    Pick<LimitParts, 'counters' | 'store'>,
    Pick<ExplainParts, 'recent'>,
    ReportParts {
  /** The host of `admin.listen`, for which the listener answers if it is a name. */
  readonly host: string
  readonly token: string
  readonly health: () => Health
  readonly circuits: () => readonly CircuitStatus[]
  readonly log: Log
}

/** The listener for operators and their tools. */
export interface AdminServer {
  /** @throws the error of the socket, e.g. EADDRINUSE */
  readonly listen: (host: string, port: number) => Promise<AddressInfo>
  readonly close: () => Promise<void>
}

const TIMEOUT_MS = 5000
/** For a reader who has stopped. */
const IDLE_MS = 30_000
const CHECK_TIMEOUTS_MS = 500
const MAX_HEADER_BYTES = 8192
const MAX_BODY_BYTES = 1024
const MAX_CONNECTIONS = 64

/** A server of its own on a port of its own: nothing of it can be reached through the data port. */
export async function createAdminServer(parts: AdminParts): Promise<AdminServer> {
  const app = fastify({
    requestTimeout: TIMEOUT_MS,
    keepAliveTimeout: TIMEOUT_MS,
    connectionTimeout: IDLE_MS,
    bodyLimit: MAX_BODY_BYTES,
    http: {
      headersTimeout: TIMEOUT_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      connectionsCheckingInterval: CHECK_TIMEOUTS_MS,
      insecureHTTPParser: false,
    },
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    trustProxy: false,
    genReqId: newRequestId,
    // What does not fit is refused: nothing is taken out of it, turned into another type or filled in.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } },
    frameworkErrors: (_error, _request, reply) => void refuse(reply, 'request_malformed'),
    clientErrorHandler: answerMalformed,
  })
  app.server.maxConnections = MAX_CONNECTIONS
  readJsonOnly(app)
  failPlainly(app, parts.log)
  const token = new AdminToken(parts.token)
  await protect(app, parts.host)
  app.addHook('onRequest', loginOf(app, token, parts.log))
  await describeItself(app)
  policyRoutes(app, { ...parts, token })
  limitRoutes(app, { ...parts, token })
  circuitRoutes(app, parts.circuits)
  explainRoutes(app, parts)
  reportRoutes(app, parts)
  healthRoutes(app, parts.health)
  await app.ready()
  return {
    listen: async (host, port) => {
      await app.listen({ host, port })
      return app.server.address() as AddressInfo
    },
    close: () => app.close(),
  }
}

function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  const refusal = refusalFor(error)
  if (refusal !== null && socket.writable)
    socket.end(rawProblem(refusal.code, newRequestId(), Date.now(), []))
  socket.destroySoon()
}

/** An empty body counts as an empty object, so that `curl -X POST` needs no `-d`. */
function readJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, {})
    else void parse(request, String(body), done)
  })
}

const CODE_OF_ERROR: Readonly<Record<string, Code>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media_type_refused',
  FST_ERR_CTP_INVALID_JSON_BODY: 'body_invalid',
  FST_ERR_VALIDATION: 'body_invalid',
}

function codeOf({ code, validationContext }: FastifyError): Code {
  if (validationContext === 'querystring') return 'query_invalid'
  return CODE_OF_ERROR[code] ?? 'request_malformed'
}

function failPlainly(app: FastifyInstance, log: Log): void {
  app.setNotFoundHandler((_request, reply) => refuse(reply, 'no_route'))
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { statusCode = 500, message } = error
    // Of a schema's own words: they name the setting, and never quote a value.
    if (error.validation !== undefined) return refuse(reply, codeOf(error), { detail: `${message}.` })
    if (statusCode < 500) return refuse(reply, codeOf(error))
    log.error('admin API failed', { id: request.id, error: message })
    if (error instanceof StoreError) return refuse(reply, 'limit_unavailable', { detail: message })
    return refuse(reply, 'internal')
  })
}

/** For every request, also those that no route is for: who has not shown the token learns nothing of the routes. */
async function protect(app: FastifyInstance, host: string): Promise<void> {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-request-id': request.id })
  })
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
    },
    // Plain HTTP here: the promise of HTTPS is not ours to give.
    strictTransportSecurity: false,
  })
  await app.register(cors, { origin: false })
  await app.register(rateLimit, { global: false })
  app.addHook('onRequest', doorOf(host))
}

async function describeItself(app: FastifyInstance): Promise<void> {
  app.addSchema({ $id: PROBLEM_ID, ...jsonOf(problemSchema) })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Sallyport admin API', version: '1' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    refResolver: { buildLocalReference: ({ $id }) => String($id) },
  })
  const document = { description: 'An OpenAPI 3.1 document.', type: 'object', additionalProperties: true }
  const schema = { summary: 'This document', response: answers(document) }
  app.get('/openapi.json', { schema }, async () => app.swagger())
}
