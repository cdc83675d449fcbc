import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { readSuite } from '../../src/cases/read.ts'
import { runSuite } from '../../src/cases/run.ts'
import { startWebSocketStub } from '../../src/cases/stub.ts'
import { NOW_MS, run, writeCases } from './running.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SOURCES = readdirSync(`${ROOT}src`, { encoding: 'utf8', recursive: true })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name: name.replaceAll('\\', '/'), text: readFileSync(`${ROOT}src/${name}`, 'utf8') }))

/** Files that hold the text. */
const holding = (pattern: RegExp): string[] =>
  SOURCES.filter(({ text }) => pattern.test(text)).map(({ name }) => name)

t.test('only tests hand connections over in memory', async (t) => {
  t.strictSame(holding(/\.adopt\(/), ['cases/client.ts'])
  t.strictSame(holding(/'\.(?:\.\/cases)?\/(?:client|stage|stub)\.ts'/).sort(), [
    'cases/compare.ts',
    'cases/coverage.ts',
    'cases/run.ts',
    'cases/sent.ts',
    'cases/stage.ts',
  ])
})

t.test('the live gate has no way to be told who asks', async (t) => {
  for (const { name, text } of SOURCES.filter((file) =>
    /^(?:http|admin|runtime|adapters)\//.test(file.name),
  )) {
    t.notMatch(text, /\bclaim\b/i, name)
  }
  for (const name of ['cli/wire.ts', 'cli/wire-reload.ts', 'cli/serve.ts']) {
    t.notMatch(SOURCES.find((file) => file.name === name)?.text, /\bclaim\b/i, name)
  }
})

t.test('a run changes nothing of the policy that it is given', async (t) => {
  const file = writeCases(t, {
    cases: '  - { name: a, request: GET /read/a, identity: { key: acme }, expect: { status: 200 } }\n',
  })
  const { suite } = readSuite(file, {}, NOW_MS)
  if (suite === null) throw new Error('it cannot be read')
  const { policy } = suite.compiled
  const before = policy.routes.map((route) => ({ ...route }))
  await runSuite(suite, { nowMs: NOW_MS })
  t.strictSame(
    policy.routes.map((route) => ({ ...route })),
    before,
  )
  for (const [i, route] of policy.routes.entries()) {
    t.equal(route.checks, before[i]?.checks)
    t.equal(route.upstream, before[i]?.upstream)
  }
})

t.test('a run asks no API and opens no port', async (t) => {
  const asked: string[] = []
  const api = createServer((socket) => {
    asked.push('asked')
    socket.destroy()
  })
  api.listen(0, '127.0.0.1')
  await new Promise((resolve) => api.once('listening', resolve))
  t.teardown(() => api.close())
  const address = api.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const policy = `version: 1
listen: 127.0.0.1:0
upstreams: { api: { url: "http://127.0.0.1:${port}" } }
routes: [{ id: open, match: { path: /open }, auth: none, upstream: api }]
`
  const { results } = await run(t, {
    policy,
    cases: '  - { name: a, request: GET /open, repeat: 9, expect: { outcome: forward, status: 200 } }\n',
  })
  t.match(results, [{ passed: true }])
  t.strictSame(asked, [])
  t.strictSame(
    process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length,
    1,
    'the only listener is the one of this test',
  )
})

t.test('whoever finds the port of the WebSocket stub is heard under no id of ours', async (t) => {
  const told: (readonly [id: string, path: string])[] = []
  const stub = await startWebSocketStub((id, { path }) => void told.push([id, path]))
  t.teardown(() => stub.close())
  const { port } = new URL(stub.origin)
  const stranger = createConnection(Number(port), '127.0.0.1')
  t.teardown(() => stranger.destroy())
  stranger.write('GET /forged HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n')
  await once(stranger, 'data')
  t.strictSame(told, [['undefined', '/forged']])
})
