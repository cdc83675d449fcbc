import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { runLine } from './terminal.ts'

async function serverThat(t: Test, status: number, body: string): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end(body)).listen(
    0,
    '127.0.0.1',
  )
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`
}

t.test('a ready gate is exit code 0', async (t) => {
  const url = await serverThat(t, 200, '{"status":"ok"}')
  t.match(await runLine('health', '--url', url), { code: 0, stdout: '200 ok\n' })
  t.match(await runLine('health', '--url', url, '--json'), { code: 0, stdout: '{"status":"ok"}\n' })
})

t.test('one that is not ready is exit code 1', async (t) => {
  t.match(await runLine('health', '--url', await serverThat(t, 503, '{"status":"draining"}')), {
    code: 1,
    stdout: '503 draining\n',
  })
})

t.test('an answer of something else is told by its status', async (t) => {
  t.match(await runLine('health', '--url', await serverThat(t, 404, '<html>')), { code: 1, stdout: '404 \n' })
})

t.test('a URL with a password is not shown', async (t) => {
  const { code, stdout, stderr } = await runLine('health', '--url', 'http://me:canary@127.0.0.1:1/health')
  t.match({ code, stdout, stderr }, { code: 2, stdout: '', stderr: /no user name and no password/ })
  t.notMatch(stderr, 'canary')
})

t.test('what is no URL is wrong use', async (t) => {
  t.match(await runLine('health', '--url', 'nonsense'), { code: 2, stderr: /--url URL/ })
})
