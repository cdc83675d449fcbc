import type { Socket } from 'node:net'
import t from 'tap'
import { Connection } from '../../../src/adapters/upstream/connection.ts'
import { diallerOf } from '../../../src/adapters/upstream/dial.ts'
import { Exchange } from '../../../src/adapters/upstream/exchange.ts'
import { Origin } from '../../../src/adapters/upstream/origin.ts'
import type { UpstreamFailure, UpstreamResponse } from '../../../src/core/upstream.ts'
import { answering, ask, failure, rawUpstream, upstreamAt } from './kit.ts'

const CLOCKS = { responseMs: 300, idleMs: 300 }

t.test('a body until the end of the connection is not whole when that closes without one', async (t) => {
  const { origin } = await answering(t, 'HTTP/1.1 200 OK\r\n\r\nok')
  const dial = diallerOf({ url: origin, tls: upstreamAt(origin).tls, connectMs: 1000 })
  let opened: Socket | undefined
  const connection = new Connection((dialler) =>
    dial({
      onBytes: (bytes) => dialler.onBytes(bytes),
      onFailure: (failure) => dialler.onFailure(failure),
      onOpen: (socket) => {
        opened = socket
        dialler.onOpen(socket)
      },
    }),
  )
  const outcome = await new Promise<UpstreamFailure | 'whole'>((resolve) => {
    connection.send({
      request: ask().request,
      timeout: CLOCKS,
      begin: () => true,
      interim: () => undefined,
      head: () => undefined,
      data: () => opened?.destroy(),
      end: () => resolve('whole'),
      fail: resolve,
    })
  })
  t.match(outcome, { code: 'upstream_reply_invalid' })
  t.notOk(connection.isOpen)
})

t.test('a body that is cancelled while it is written holds up nobody else on that connection', async (t) => {
  const upstream = await rawUpstream(t, {
    onData: (socket, text) => text.includes('/first') && socket.write('HTTP/1.1 200 OK\r\n\r\n'),
  })
  const origin = new Origin({ url: upstream.origin, tls: upstreamAt(upstream.origin).tls, connectMs: 1000 })
  t.teardown(() => origin.destroy())
  const first = await enter(origin, '/first')
  const second = new Promise<UpstreamResponse>((resolve) => {
    const write = (): boolean => {
      first.body.cancel(new Error('enough'))
      resolve(enter(origin, '/second'))
      return false
    }
    first.body.attach({ write, end: () => undefined, fail: () => undefined })
    for (const socket of upstream.open) socket.write('ok')
  })
  // Paused in the place of the first, its silence would never be noticed.
  t.equal((await failure(second)).code, 'upstream_timeout')
})

function enter(origin: Origin, target: string): Promise<UpstreamResponse> {
  return new Promise((resolve, reject) => {
    const { request } = ask({ target })
    origin.enter(new Exchange(request, { connectMs: 1000, ...CLOCKS }, origin, { resolve, reject }))
  })
}
