import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { explain } from '../../src/cli/explain.ts'
import { answerSchema, type Explanation } from '../../src/explain/explanation.ts'
import { freePort } from '../support/redis.ts'
import { limitsGate, TOKEN } from './limits-gate.ts'
import { runCommand } from './output.ts'

const run = (args: readonly string[], env: Readonly<Record<string, string>>) =>
  runCommand(explain, args, { env })

/** What a gate would say of a request that no route is for. */
const SAID: Explanation = {
  kind: 'request',
  policy: '',
  counters: 'live',
  request: {
    id: '',
    at: '',
    method: 'GET',
    target: '/a',
    path: '/a',
    host: 'a',
    scheme: 'http',
    client: '',
    client_why: '',
    peer: '',
    websocket: false,
    body_bytes: 0,
  },
  outcome: 'refuse',
  status: 404,
  code: 'no_route',
  title: '',
  help: '',
  why: '',
  route: null,
  near_misses: [],
  more_near_misses: 0,
  checks: [],
  principal: null,
  buckets: [],
  upstream: null,
  to_upstream: [],
  not_to_upstream: [],
  to_client: [],
  not_to_client: [],
  warnings: [],
}

t.test('the gate that runs: counts of now, and decisions of late', async (t) => {
  const { gate, url, spend } = await limitsGate(t)
  const env = { SALLYPORT_ADMIN_TOKEN: TOKEN }
  for (let i = 0; i < 2; i++) await spend()
  const live = async (...args: string[]) => {
    const { code, stdout } = await run([...args, '--admin', url, '--json'], env)
    return { code, answer: answerSchema.parse(JSON.parse(stdout)) }
  }
  for (let i = 0; i < 2; i++) {
    t.match(await live('/any', '--ip', '127.0.0.1'), {
      code: 0,
      answer: {
        counters: 'live',
        buckets: [{ limit: 'public', windows: [{ remaining: 3 }] }, { limit: 'all' }, {}],
      },
    })
  }
  for (let i = 0; i < 4; i++) await spend()
  t.match(await live('/any', '--ip', '127.0.0.1'), { code: 1, answer: { code: 'rate_limited' } })
  const reply = await fetch(`http://127.0.0.1:${gate.port}/late`)
  const id = reply.headers.get('x-request-id') ?? ''
  t.match(await live('--id', id), {
    code: 1,
    answer: { kind: 'decision', path: '/late', code: 'rate_limited', status: 429, is_in_force: true },
  })
  t.match(await run(['--id', 'f'.repeat(32), '--admin', url], env), {
    code: 2,
    stderr: /404 .*only the latest are/,
  })
  t.match(await run(['/a', '--ip', 'x', '--admin', url], env), { code: 2, stderr: /--ip is no address/ })
  t.match(await run(['/a', '--admin', url], { SALLYPORT_ADMIN_TOKEN: 'x'.repeat(20) }), {
    code: 2,
    stderr: /another token/,
  })
  t.match(await run(['/a', '--admin', `http://127.0.0.1:${await freePort()}`], env), {
    code: 2,
    stderr: /nothing listens there/,
  })
})

t.test('--live finds the gate by what the policy says of its admin listener', async (t) => {
  const { gate } = await limitsGate(t, await freePort())
  const env = { SALLYPORT_ADMIN_TOKEN: TOKEN }
  t.match(await run([gate.file, '/any', '--live'], env), { code: 0, stdout: /as the gate counts them now/ })
  t.match(await run(['--id', 'f'.repeat(32), gate.file, '--live'], env), { code: 2, stderr: /404/ })
})

t.test('no text of others commands a terminal', async (t) => {
  const gate = createServer((_request, response) => {
    const why = '\u001b[2J'
    const said = { ...SAID, why, title: why, help: why, code: why, warnings: [why], not_to_client: [why] }
    response.end(JSON.stringify({ ...said, request: { ...SAID.request, target: why, client_why: why } }))
  })
  gate.listen(0, '127.0.0.1')
  await once(gate, 'listening')
  t.teardown(() => gate.close())
  const url = `http://127.0.0.1:${(gate.address() as AddressInfo).port}`
  const { code, stdout, stderr } = await run(['/a', '--admin', url], { SALLYPORT_ADMIN_TOKEN: TOKEN })
  t.match({ code, stderr }, { code: 1, stderr: '' })
  t.match(stdout, '\\u{1b}[2J')
  t.notOk(stdout.includes('\u001b'))
})
