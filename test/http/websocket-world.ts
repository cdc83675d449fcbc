import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { type App, KEYS, startApp } from '../support/app.ts'

export function policyFor(origin: string): string {
  return `version: 1
upstreams: { api: { url: "${origin}", circuit: off, retry: off } }
${KEYS}
defaults: { upstream: api, auth: none }
routes:
  - { id: plain, match: { path: /plain } }
  - { id: open, match: { path: /open/* }, websocket: true, strip_prefix: /open }
  - { id: keyed, match: { path: /keyed/* }, websocket: true, auth: key }
`
}

export interface Wired {
  readonly app: App
  readonly server: WebSocketServer
  readonly handshakes: IncomingMessage[]
  /** Resolves when the upstream has taken that many connections; the gate takes the client's before. */
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
