import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { createOpsServer, type Health } from '../../src/http/probes.ts'

async function opsWith(t: Test, state: Partial<Health>) {
  const health: Health = {
    status: 'ok',
    ready: true,
    started: true,
    summary: { policy: { hash: 'ab' } },
    ...state,
  }
  const metrics = { render: async () => 'sallyport_up 1\n', contentType: 'text/plain; version=0.0.4' }
  const ops = createOpsServer({ health: () => health, metrics })
  const { port } = await ops.listen('127.0.0.1', 0)
  t.teardown(() => ops.close())
  const ask = async (path: string, method = 'GET') => {
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, { method })
    return { status: reply.status, text: await reply.text(), headers: reply.headers }
  }
  return { ask, port }
}

t.test('a gate that serves is alive, started and ready', async (t) => {
  const { ask } = await opsWith(t, {})
  for (const path of ['/health', '/health/live', '/health/ready', '/health/startup']) {
    t.equal((await ask(path)).status, 200, path)
    t.equal((await ask(path, 'HEAD')).status, 200, `HEAD ${path}`)
  }
})

t.test('the summary tells of each part', async (t) => {
  const { ask } = await opsWith(t, {})
  const { text, headers } = await ask('/health')
  t.strictSame(JSON.parse(text), { status: 'ok', ready: true, policy: { hash: 'ab' } })
  t.equal(headers.get('cache-control'), 'no-store')
})

t.test('S3 a gate that drains is alive, but not ready', async (t) => {
  const { ask } = await opsWith(t, { status: 'draining', ready: false })
  t.equal((await ask('/health/live')).status, 200)
  t.equal((await ask('/health/startup')).status, 200)
  t.match(await ask('/health/ready'), { status: 503, text: '{"status":"draining"}' })
  t.equal((await ask('/health')).status, 503)
})

t.test('a gate that does not listen yet is neither started nor ready', async (t) => {
  const { ask } = await opsWith(t, { status: 'starting', ready: false, started: false })
  t.equal((await ask('/health/ready')).status, 503)
  t.equal((await ask('/health/startup')).status, 503)
})

t.test('the metrics come in their own media type', async (t) => {
  const { ask } = await opsWith(t, {})
  const { text, headers } = await ask('/metrics')
  t.equal(text, 'sallyport_up 1\n')
  t.match(headers.get('content-type'), 'version=0.0.4')
})

t.test('everything else is 404, and no input is echoed', async (t) => {
  const { ask } = await opsWith(t, {})
  for (const path of ['/', '/nothing<b>', '/health/', '/admin', '/health/live/x', '/%zz']) {
    t.match(await ask(path), { status: 404, text: '{"status":"not_found"}' }, path)
  }
  t.equal((await ask('/health', 'POST')).status, 404)
})

t.test('headers are bounded', async (t) => {
  const { port } = await opsWith(t, {})
  const socket = connect(port, '127.0.0.1')
  socket.end(`GET /health HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(9000)}\r\n\r\n`)
  const reply: Buffer[] = []
  for await (const chunk of socket) reply.push(chunk)
  t.match(Buffer.concat(reply).toString(), /^HTTP\/1\.1 431 /)
})
