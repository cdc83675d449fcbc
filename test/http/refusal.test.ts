import t from 'tap'
import { rawProblem } from '../../src/http/refusal.ts'
import { startWorld } from './world.ts'

const statusLine = (reply: string): string => reply.slice(0, reply.indexOf('\r\n'))

t.test('CONNECT is answered 405 with the phrase of 405', async (t) => {
  const { app } = await startWorld(t)
  const client = app.client().send('CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n')
  await client.closed()
  t.equal(statusLine(client.received), 'HTTP/1.1 405 Method Not Allowed')
})

t.test('what is written by hand has the phrase of its status', async (t) => {
  const lines = (['request_malformed', 'request_timeout', 'headers_too_large'] as const).map((code) =>
    statusLine(rawProblem(code, 'id', 0, [])),
  )
  t.strictSame(lines, [
    'HTTP/1.1 400 Bad Request',
    'HTTP/1.1 408 Request Timeout',
    'HTTP/1.1 431 Request Header Fields Too Large',
  ])
})
