import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Code } from '../core/codes.ts'
import { type ResponseBody, type Send, UpstreamFailure, type UpstreamRequest } from '../core/upstream.ts'
import type { UpstreamSettings } from './schema.ts'

/** The request that the API got, or would have got. */
export interface Asked {
  readonly method: string
  readonly path: string
  /** Flat. */
  readonly fields: readonly string[]
  readonly body: string
}

type Failure = NonNullable<UpstreamSettings['fails']>

const FAILURES: Readonly<Record<Failure, readonly [code: Code, why: string]>> = {
  timeout: ['upstream_timeout', 'it does not answer in time'],
  unreachable: ['upstream_unreachable', 'it cannot be reached'],
  invalid: ['upstream_reply_invalid', 'it answers something that is no HTTP'],
  reset: ['upstream_unreachable', 'it ends the connection instead of answering'],
}
const EMPTY_STATUSES: ReadonlySet<number> = new Set([204, 205, 304])

/** Stands in for all that is behind the checks: circuit, retry, timeout and the API itself. */
export function stubSend(settings: () => UpstreamSettings, told: (id: string, asked: Asked) => void): Send {
  return async function stub(request, permit) {
    told(permit.decision.facts.id, await askedOf(request))
    const { fails, status = 200, headers = {}, body = '' } = settings()
    if (fails !== undefined) {
      const [code, why] = FAILURES[fails]
      throw new UpstreamFailure(code, `the test says: ${why}`)
    }
    const fields = Object.entries(headers).flatMap(([name, value]) =>
      [value].flat().flatMap((one) => [name, one]),
    )
    const bytes = Buffer.from(body)
    const isFramed = EMPTY_STATUSES.has(status) || fields.some((text) => /^content-length$/i.test(text))
    if (!isFramed) fields.push('content-length', String(bytes.length))
    return { status, statusText: STATUS_CODES[status] ?? '', headers: fields, body: bodyOf(bytes) }
  }
}

async function askedOf({ method, target, headers, body }: UpstreamRequest): Promise<Asked> {
  const chunks: Uint8Array[] = body instanceof Uint8Array ? [body] : []
  if (body !== null && !(body instanceof Uint8Array)) for await (const chunk of body) chunks.push(chunk)
  return { method, path: target, fields: headers, body: Buffer.concat(chunks).toString('utf8') }
}

function bodyOf(bytes: Uint8Array): ResponseBody {
  return {
    attach: (sink) => {
      if (bytes.length > 0) sink.write(bytes)
      sink.end([])
    },
    resume: () => undefined,
    cancel: () => undefined,
  }
}

/** An API that speaks WebSocket, as far as the handshake: the gate opens such connections by itself. */
export interface WebSocketStub {
  readonly origin: string
  readonly close: () => void
}

/** RFC 6455 1.3. */
const HANDSHAKE_SALT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export async function startWebSocketStub(told: (id: string, asked: Asked) => void): Promise<WebSocketStub> {
  const server = createServer((_request, response) => response.writeHead(426).end())
  const sockets = new Set<Duplex>()
  server.on('upgrade', (request, socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.write(switching(request))
    // Whoever else found the port cannot know the id of a request.
    told(String(request.headers['x-request-id']), {
      method: request.method ?? '',
      path: request.url ?? '',
      fields: request.rawHeaders,
      body: '',
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      server.closeAllConnections()
    },
  }
}

function switching({ headers }: IncomingMessage): string {
  const accept = createHash('sha1')
    .update(`${headers['sec-websocket-key']}${HANDSHAKE_SALT}`)
    .digest('base64')
  const fields = ['connection: upgrade', 'upgrade: websocket', `sec-websocket-accept: ${accept}`]
  return `HTTP/1.1 101 Switching Protocols\r\n${fields.join('\r\n')}\r\n\r\n`
}
