import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { auditLine } from '../../src/adapters/audit-line.ts'
import { explain } from '../../src/cli/explain.ts'
import { answerSchema } from '../../src/explain/explanation.ts'
import { forwarded } from '../adapters/audit-records.ts'
import { KEY, KEYS } from '../support/app.ts'
import { runCommand } from './output.ts'

const ENV = { API: 'http://127.0.0.1:1', TOKEN: 'canary-token-0123456789' }

const POLICY = `version: 1
admin: { listen: 127.0.0.1:0, token: "$\u007benv:TOKEN}" }
upstreams: { api: { url: "$\u007benv:API}" } }
${KEYS}
limits: { few: { by: key, rate: 5/minute } }
defaults: { upstream: api, auth: [key], limits: [few] }
routes:
  - { id: orders, match: { path: "/api/orders/*", methods: [GET, POST] } }
  - { id: open, match: { path: /open }, auth: none, limits: [] }
`

function policyFile(t: Test): string {
  const file = join(t.testdir(), 'policy.yaml')
  writeFileSync(file, POLICY)
  return file
}

const run = (args: readonly string[], env: Readonly<Record<string, string>> = ENV) =>
  runCommand(explain, args, { env })

async function json(args: readonly string[]) {
  const { code, stdout, stderr } = await run([...args, '--json'])
  if (stdout === '') throw new Error(stderr)
  return { code, answer: answerSchema.parse(JSON.parse(stdout)) }
}

t.test('0 for what is forwarded or answered, 1 for what is refused', async (t) => {
  const file = policyFile(t)
  t.match(await json([file, 'GET /api/orders/7?x=1', '--key', 'acme-prod']), {
    code: 0,
    answer: {
      kind: 'request',
      outcome: 'forward',
      counters: 'fresh',
      upstream: { target: '/api/orders/7?x=1' },
    },
  })
  t.match(await json([file, 'OPTIONS *']), { code: 0, answer: { outcome: 'answer', status: 204 } })
  t.match(await json([file, '/api/orders/7']), { code: 1, answer: { code: 'key_missing', status: 401 } })
})

t.test('a request in one word, in two, or as a URL', async (t) => {
  const file = policyFile(t)
  const wanted = { answer: { request: { method: 'POST', path: '/api/orders/7' } } }
  t.match(await json([file, 'POST  /api/orders/7']), wanted)
  t.match(await json([file, 'POST', '/api/orders/7']), wanted)
  t.match(await json([file, 'POST https://shop.example/api/orders/7']), {
    answer: { request: { method: 'POST', path: '/api/orders/7', host: 'shop.example' } },
  })
})

t.test('what a request can have is what it gets', async (t) => {
  const file = policyFile(t)
  const body = join(t.testdirName, 'body.json')
  writeFileSync(body, '{"a":1}')
  const { answer } = await json([
    file,
    'POST /api/orders/7',
    ...['-H', `x-api-key: ${KEY}`, '-H', 'Accept: a', '--header', 'accept: b'],
    ...['--ip', '2001:DB8::1', '--host', 'shop.example', '--at', '2026-03-01', '--body', `@${body}`],
  ])
  t.match(answer, {
    request: {
      client: '2001:db8:0:0:0:0:0:1',
      host: 'shop.example',
      at: '2026-03-01T00:00:00.000Z',
      body_bytes: 7,
    },
    principal: { key_id: 'acme-prod' },
  })
  if (answer.kind !== 'request') throw new Error('a request')
  const accept = answer.to_upstream.filter(({ name }) => name.toLowerCase() === 'accept')
  t.strictSame(
    accept.map(({ value }) => value),
    ['a', 'b'],
  )
})

t.test('for people: all that matters, in sections', async (t) => {
  const { code, stdout } = await run([
    policyFile(t),
    'GET /api/orders/7?x=1',
    '--key',
    'acme-prod',
    '-H',
    'cookie: a=b',
  ])
  t.equal(code, 0)
  t.match(stdout, /^GET \/api\/orders\/7\?x=1 is forwarded to api$/m)
  for (const title of ['Request', 'Route', 'Checks', 'Buckets', 'Upstream', 'Header fields to the client']) {
    t.match(stdout, new RegExp(`^${title}$`, 'm'))
  }
  t.match(stdout, /^ {2}few +key acme-prod +5\/minute +5 +- +1 +charged$/m)
  t.match(stdout, /^ {2}cookie +\*\*\* +client$/m)
  t.match(stdout, /^ {2}x-sallyport-org +acme +identity$/m)
  t.notOk(stdout.includes('\u001b'))
})

t.test('for people: why it is refused, and what comes near', async (t) => {
  const { code, stdout } = await run([policyFile(t), 'DELETE /api/orders/7'])
  t.equal(code, 1)
  t.match(stdout, /^DELETE \/api\/orders\/7 is refused with 404 no_route$/m)
  t.match(
    stdout,
    /^ {2}orders +\/api\/orders\/\* +GET,POST,HEAD +the method DELETE is not one of GET, POST, HEAD$/m,
  )
})

t.test('colours in a terminal, unless its user wants none', async (t) => {
  const args = [policyFile(t), '/open']
  t.match((await runCommand(explain, args, { env: ENV, isTTY: true })).stdout, '\u001b[32m')
  const plain = await runCommand(explain, args, { env: { ...ENV, NO_COLOR: '1' }, isTTY: true })
  t.notOk(plain.stdout.includes('\u001b'))
})

t.test('2 for wrong use, with what is wrong and never with a header', async (t) => {
  const file = policyFile(t)
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /name the request/],
    [[file], /name the policy file, then the request/],
    [['/open'], /name the policy file, then the request/],
    [[file, 'a', '/open'], /one word too many/],
    [[file, 'orders'], /orders is no request/],
    [[file, '/open', '-H', 'canary'], /-H takes a header/],
    [[file, '/open', '-H', 'x: canary\u0001'], /-H holds/],
    [[file, '/open', '--ip', 'x'], /--ip is no address/],
    [[file, '/open', '--at', 'soon'], /--at is no time/],
    [[file, 'FETCH /open'], /method is none that the gate knows: .* 400 request_malformed/],
    [[file, 'get /open'], /method is written GET, in upper case: .* 400 request_malformed/],
    [[file, 'Get', '/open'], /method is written GET/],
    [[file, '/open', '--body', '@/nowhere'], /--body: /],
    [[file, '/open', '--key', 'a', '-H', `x-api-key: ${KEY}`], /one or the other/],
    [[file, '/open', '--audit', 'x'], /--audit needs --id/],
    [[file, '/open', '--live', '--admin', 'http://127.0.0.1:1'], /one of them/],
    [['/open', '--live'], /--live needs the policy/],
    [['--id', 'x', '--audit', 'y'], /32 hex digits/],
    [['--id', 'f'.repeat(32)], /say where/],
    [['--id', 'f'.repeat(32), file, '/open'], /describe none/],
    [['--id', 'f'.repeat(32), '--audit', '/nowhere'], /cannot be read/],
  ]
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await run(args)
    t.match({ code, stdout, stderr }, { code: 2, stdout: '', stderr: message }, args.join(' '))
    t.notMatch(stderr, /canary|demo-key/)
  }
})

t.test('2 for a policy that cannot be used, with what check would say', async (t) => {
  const file = policyFile(t)
  t.match(await run([file, '/open'], {}), { code: 2, stderr: /policy\.yaml:\d+:\d+: .*TOKEN/ })
  t.match(await run([`${file}.none`, '/open']), { code: 2, stderr: /no such file/i })
})

t.test('a decision of an audit file, by its id', async (t) => {
  const file = policyFile(t)
  const audit = join(t.testdirName, 'audit.jsonl.gz')
  const wanted = {
    ...forwarded,
    id: 'ab'.repeat(16),
    outcome: 'refuse' as const,
    code: 'key_expired' as const,
    status: 401,
  }
  const lines = ['{"type":"audit_gap","dropped":1}\n', 'no json\n', auditLine(forwarded), auditLine(wanted)]
  writeFileSync(audit, gzipSync(lines.join('')))
  t.match(await json(['--id', wanted.id, '--audit', audit]), {
    code: 1,
    answer: { kind: 'decision', code: 'key_expired', is_in_force: null },
  })
  t.match(await json(['--id', forwarded.id, '--audit', audit, file]), {
    code: 0,
    answer: { is_in_force: false },
  })
  t.match(await run(['--id', wanted.id, '--audit', audit]), {
    code: 1,
    stdout: /^GET \/api\/orders\/1 was refused, key_expired; the reply was 401$/m,
  })
  t.match(await run(['--id', 'f'.repeat(32), '--audit', audit]), {
    code: 2,
    stderr: /no line of .* is about this/,
  })
})
