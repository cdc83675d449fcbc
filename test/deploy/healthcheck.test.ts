import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { root } from './read.ts'

/** Runs the script against a URL and resolves with its exit code and what it wrote to stderr. */
async function run(url: string): Promise<{ code: number | null; stderr: string }> {
  const child = execFile(process.execPath, [join(root, 'deploy/healthcheck.js')], {
    env: { SALLYPORT_HEALTH_URL: url },
    timeout: 30_000,
  })
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stderr }
}

/** A server on a free loopback port, closed with the test. Resolves with the URL to probe. */
async function listen(t: Test, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/health/live`
}

t.test('200 is healthy, and the path asked for is the one given', async (t) => {
  const paths: (string | undefined)[] = []
  const url = await listen(t, (request, response) => {
    paths.push(request.url)
    response.end('{}')
  })
  t.same(await run(url), { code: 0, stderr: '' })
  t.same(paths, ['/health/live'])
})

t.test('any other status is not', async (t) => {
  const url = await listen(t, (_request, response) => {
    response.statusCode = 503
    response.end('{}')
  })
  const { code, stderr } = await run(url)
  t.equal(code, 1)
  t.match(stderr, 'answered 503')
})

t.test('nobody listening is not', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const { code, stderr } = await run(`http://127.0.0.1:${port}/health/live`)
  t.equal(code, 1)
  t.match(stderr, 'ECONNREFUSED')
})

t.test('a listener that never answers is not, and the check does not hang on it', async (t) => {
  const url = await listen(t, () => undefined)
  const { code, stderr } = await run(url)
  t.equal(code, 1)
  t.match(stderr, 'did not answer within')
})
