import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { assertProblem } from '../hostile/front-door.ts'
import { startApp } from '../support/app.ts'
import { TEST_CERT, TEST_KEY } from '../support/tls.ts'
import { handshake, policyFor } from './websocket-world.ts'

const LIMIT = { timeout: 10_000 }
const FILES = { './ca.pem': TEST_CERT }

/** An echoing WebSocket API whose certificate is that of api.internal, and signs itself. @returns its port */
async function startTls(t: Test): Promise<{ port: number; names: (string | false | null)[] }> {
  const names: (string | false | null)[] = []
  const server = createServer({ cert: TEST_CERT, key: TEST_KEY })
  server.on('secureConnection', (socket) => names.push(socket.servername ?? null))
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const client of sockets.clients) client.terminate()
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, names }
}

for (const [how, tls] of [
  ['a ca and a server_name', '{ ca: ./ca.pem, server_name: api.internal }'],
  ['verify: false', '{ verify: false }'],
] as const) {
  t.test(`a WebSocket goes to an API behind TLS by tls: ${how}`, LIMIT, async (t) => {
    const { port } = await startTls(t)
    const app = await startApp(t, policyFor(`https://127.0.0.1:${port}`, `, tls: ${tls}`), { files: FILES })
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}/open/x`)
    t.teardown(() => socket.terminate())
    await once(socket, 'open')
    socket.send('hello')
    t.equal(String((await once(socket, 'message'))[0]), 'hello')
    socket.close()
    t.match(await app.recorded(1), [{ status: 101, code: null }])
  })
}

for (const [how, more, why] of [
  ['no ca', '', /^dialling: .*self-signed/i],
  ['another name', ', tls: { ca: ./ca.pem }', /^dialling: ERR_TLS_CERT_ALTNAME_INVALID /],
] as const) {
  t.test(`a WebSocket does not go to an API whose certificate is not accepted: ${how}`, LIMIT, async (t) => {
    const { port } = await startTls(t)
    const app = await startApp(t, policyFor(`https://127.0.0.1:${port}`, more), { files: FILES })
    assertProblem(t, await app.client().send(handshake()).reply(), 'upstream_unreachable')
    t.match(await app.recorded(1), [{ status: 502, code: 'upstream_unreachable', why }])
  })
}
