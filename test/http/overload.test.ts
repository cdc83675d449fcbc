import t from 'tap'
import { assertProblem } from '../hostile/front-door.ts'
import { got } from '../support/raw-client.ts'
import { head, startWorld } from './world.ts'

const world = await startWorld(t)
const { app, upstream } = world

t.beforeEach(() => {
  app.records.length = 0
  upstream.reset()
  app.press('ok')
})

t.test('while memory is short a request is served, and its connection ends with it', async (t) => {
  app.press('shed_keepalive')
  const client = app.client().send(head('GET /x'))
  const reply = await client.reply()
  t.strictSame([reply.status, got(reply, 'connection')], [200, 'close'])
  await client.closed()
})

t.test(
  'when memory is out a request is 503 overloaded, told of once, and the upstream is not asked',
  async (t) => {
    app.press('refuse')
    const client = app.client().send(head('GET /x'))
    const reply = await client.reply()
    t.equal(reply.status, 503)
    t.equal(JSON.parse(reply.body).code, 'overloaded')
    t.equal(got(reply, 'retry-after'), '5')
    await client.closed()
    await app.recorded(1)
    t.match(app.records, [
      { outcome: 'refuse', code: 'overloaded', status: 503, route: null, upstream: null },
    ])
    t.equal(upstream.log, '')
  },
)

t.test('when memory is out, what is no request is still refused as such', async (t) => {
  app.press('refuse')
  const reply = await app.client().send('GET /x HTTP/1.1\r\n\r\n').reply()
  assertProblem(t, reply, JSON.parse(reply.body).code)
  t.equal(reply.status, 400)
})

t.test('when memory is there again everybody is served', async (t) => {
  app.press('refuse')
  app.press('ok')
  const client = app.client().send(head('GET /x'))
  const reply = await client.reply()
  t.strictSame([reply.status, got(reply, 'connection')], [200, 'keep-alive'])
})
