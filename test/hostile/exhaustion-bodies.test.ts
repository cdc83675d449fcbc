import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { type Sallyport, startSallyport } from '../support/process.ts'
import { assertUnharmed, policyFor, startApi } from './exhaustion.ts'

const MB = 1024 * 1024
const SCHEMA = JSON.stringify({ type: 'object', properties: { a: { type: 'string' } } })

const api = await startApi(t)
const policy = policyFor(api, {
  server: 'timeout: { idle: 5s }',
  routes: `  - { id: capped, match: { path: /capped }, validate: { max_body: 1MB } }
  - { id: judged, match: { path: /judged }, validate: { max_body: 1MB, body: ./schema.json } }
  - { id: streamed, match: { path: /streamed } }
`,
})
const sallyport: Sallyport = await startSallyport(t, policy, { files: { 'schema.json': SCHEMA } })

t.beforeEach(() => api.reset())

function post(path: string, fields: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n`
}

t.test('V84 10 GB declared is 413 before any of it is asked for, and the connection ends', async (t) => {
  for (const path of ['/capped', '/judged']) {
    const client = sallyport
      .client()
      .send(post(path, `Content-Type: application/json\r\nContent-Length: ${10e9}`))
    t.equal((await client.reply()).status, 413)
    await client.closed()
  }
  t.equal(api.requests, 0, 'the API was not asked')
})

t.test('V84 a client that waits for leave to send 10 GB gets 413 and no leave', async (t) => {
  const client = sallyport.client().send(post('/capped', `Expect: 100-continue\r\nContent-Length: ${10e9}`))
  t.equal((await client.reply()).status, 413)
  await client.closed()
})

/** Sends chunk after chunk until it is told something, or cut. */
async function sendChunksTo(t: Test, path: string, chunk: string): Promise<void> {
  const client = sallyport.client()
  client.send(post(path, 'Content-Type: application/json\r\nTransfer-Encoding: chunked'))
  for (let sent = 0; sent < 64 * MB && !client.isClosed; sent += 0x10000) {
    if (!client.socket.write(chunk, 'latin1')) await new Promise((resolve) => setImmediate(resolve))
    if (client.received !== '') break
  }
  await client.closed()
  // Who goes on sending into a closed connection may lose the reply to the reset that it brings about.
  t.match(client.received, /^(HTTP\/1\.1 413 |$)/, path)
}

t.test('V84 endless chunks are 413 at the cap; the API never gets a whole request', async (t) => {
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
  let attacks = 0
  await assertUnharmed(t, sallyport, async () => {
    attacks += 1
    for (const path of ['/capped', '/judged']) await sendChunksTo(t, path, chunk)
  })
  const told = sallyport.audit.filter(
    ({ code, bytes_in }) => code === 'body_too_large' && Number(bytes_in) > 0,
  )
  t.ok(told.length >= 2 * attacks, 'all are told of')
  await api.until(() => api.requests - api.completed === api.aborted)
  t.ok(api.bytesRead <= 2 * MB * attacks, `the API read ${api.bytesRead} bytes`)
})

t.test('V84 a gzip bomb passes as the bytes it is, and is never inflated', async (t) => {
  const bomb = gzipSync(Buffer.alloc(64 * MB))
  const bytes = await sallyport.residentBytes()
  const client = sallyport.client()
  client.send(post('/capped', `Content-Encoding: gzip\r\nContent-Length: ${bomb.length}`)).send(bomb)
  t.equal((await client.reply()).status, 200)
  t.equal(api.bytesRead, bomb.length)
  t.ok((await sallyport.residentBytes()) - bytes < 64 * MB)
})

t.test('V84 a coded body where the body is judged is refused unread', async (t) => {
  const bomb = gzipSync(Buffer.alloc(MB))
  const client = sallyport.client()
  client.send(
    post(
      '/judged',
      `Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}`,
    ),
  )
  client.send(bomb)
  t.equal((await client.reply()).status, 415)
  t.equal(api.requests, 0)
})

t.test('V84 a body under judgement that stands still is 408, and is not sent on', async (t) => {
  const quick = await startSallyport(t, policy.replace('idle: 5s', 'idle: 1s'), {
    files: { 'schema.json': SCHEMA },
    dir: t.testdir(),
  })
  const client = quick.client()
  client.send(post('/judged', 'Content-Type: application/json\r\nContent-Length: 1000')).send('{"a":')
  t.equal((await client.reply()).status, 408)
  await client.closed()
  t.equal(api.requests, 0)
  await quick.stop()
})

t.test('V84 a gigabyte streams through in bounded memory', async (t) => {
  const bytes = await sallyport.residentBytes()
  const [chunk, total] = [Buffer.alloc(4 * MB, 'x'), 1024 * MB]
  const client = sallyport.client().send(post('/streamed', `Content-Length: ${total}`))
  for (let sent = 0; sent < total; sent += chunk.length) {
    if (!client.socket.write(chunk)) await new Promise((resolve) => client.socket.once('drain', resolve))
  }
  t.equal((await client.reply()).status, 200)
  t.equal(api.bytesRead, total)
  t.ok((await sallyport.residentBytes()) - bytes < 100 * MB)
})
