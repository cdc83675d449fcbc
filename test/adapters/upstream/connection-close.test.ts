import type { Socket } from 'node:net'
import t from 'tap'
import { Connection } from '../../../src/adapters/upstream/connection.ts'
import { diallerOf } from '../../../src/adapters/upstream/dial.ts'
import type { UpstreamFailure } from '../../../src/core/upstream.ts'
import { answering, ask, upstreamAt } from './kit.ts'

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
