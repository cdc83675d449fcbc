import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import t from 'tap'
import { WebSocketServer } from 'ws'
import { startApp } from '../support/app.ts'
import { handshake, policyFor } from './websocket-world.ts'

/** Frames with a mask of zeroes: the text `last`, and the end with code 1000. */
const LAST = Buffer.from([0x81, 0x84, 0, 0, 0, 0, ...Buffer.from('last')])
const END = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8])

for (const [how, frames, said] of [
  ['says goodbye', END, []],
  ['says something and goodbye', Buffer.concat([LAST, END]), ['last']],
  ['is cut', null, []],
] as const) {
  const name = `a client that ${how} before the upstream has answered leaves nothing open there`
  t.test(name, { timeout: 10_000 }, async (t) => {
    const server = createServer()
    const upgrading = once(server, 'upgrade')
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const upstream = new WebSocketServer({ noServer: true })
    t.teardown(() => {
      for (const client of upstream.clients) client.terminate()
      server.close()
    })
    const app = await startApp(t, policyFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
    const client = app.client().send(handshake())
    const [request, behind, head] = (await upgrading) as [IncomingMessage, Duplex, Buffer]
    if (frames === null) {
      client.leave()
      t.match(await app.recorded(1), [{ code: 'client_closed', status: 0, aborted: true }])
    } else client.send(frames)
    const heard: string[] = []
    const taken = once(upstream, 'connection')
    upstream.handleUpgrade(request, behind, head, (socket) => {
      socket.on('message', (data) => heard.push(String(data)))
      upstream.emit('connection', socket)
    })
    const [accepted] = await taken
    await once(accepted, 'close')
    t.strictSame(heard, said)
    t.equal(upstream.clients.size, 0)
    await app.recorded(1)
    t.equal(app.gate.inFlight, 0)
  })
}
