import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { type App, KEYS, startApp } from '../support/app.ts'
import { fieldOf } from '../support/raw-message.ts'
import type { SeenRequest } from '../support/raw-upstream.ts'

export function policyFor(origin: string, more = ''): string {
  return `version: 1
upstreams: { api: { url: "${origin}", circuit: off, retry: off${more} } }
${KEYS}
defaults: { upstream: api, auth: none }
routes:
  - { id: plain, match: { path: /plain } }
  - { id: open, match: { path: /open/* }, websocket: true, strip_prefix: /open }
  - { id: keyed, match: { path: /keyed/* }, websocket: true, auth: key }
`
}

/** A handshake as a client sends it. */
export function handshake(path = '/open/x', ...fields: string[]): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: a',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ...fields,
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** What an upstream answers that switches, with further lines. */
export function switching({ fields }: Pick<SeenRequest, 'fields'>, ...lines: string[]): string {
  const accept = acceptFor(fieldOf(fields, 'sec-websocket-key') ?? '')
  const head = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    ...lines,
  ]
  return `${head.join('\r\n')}\r\n\r\n`
}

/** RFC 6455 1.3; written down again, so that a slip in the gate's own is seen. */
function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

export interface Wired {
  readonly app: App
  readonly server: WebSocketServer
  readonly handshakes: IncomingMessage[]
  /** Resolves when the upstream has taken that many connections. */
  readonly taken: (count: number) => Promise<readonly IncomingMessage[]>
  readonly open: (path: string, headers?: Record<string, string>) => WebSocket
}

/** The gate before an echoing WebSocket API. */
export async function wire(t: Test, onConnection = echo): Promise<Wired> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await once(server, 'listening')
  const handshakes: IncomingMessage[] = []
  server.on('connection', (socket, request) => {
    handshakes.push(request)
    onConnection(socket)
  })
  t.teardown(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  const app = await startApp(t, policyFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base`))
  const open = (path: string, headers: Record<string, string> = {}): WebSocket => {
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}`, {
      headers,
      perMessageDeflate: false,
      // A URL would be escaped on the way; the path goes out as it stands.
      finishRequest: (request) => {
        request.path = path
        request.end()
      },
    })
    t.teardown(() => socket.terminate())
    return socket
  }
  const taken = async (count: number): Promise<readonly IncomingMessage[]> => {
    while (handshakes.length < count) await once(server, 'connection')
    return handshakes
  }
  return { app, server, handshakes, taken, open }
}

function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
}

/** Resolves when a number has not changed for a while. */
export async function stalled(read: () => number): Promise<void> {
  for (let last = -1, same = 0; same < 10; ) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    const now = read()
    same = now === last ? same + 1 : 0
    last = now
  }
}
