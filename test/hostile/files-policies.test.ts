import t from 'tap'
import { compileText, problemsOf } from '../config/compiling.ts'
import { type Sallyport, startSallyport } from '../support/process.ts'
import { honestly, policyFor, startApi } from './exhaustion.ts'

const RUNS = 5
/** The row's own number; CPU time of the best of five runs, so that a busy machine does not count. */
const MOST_CPU_MS = 100

const NINE_LEVELS = [
  'a0: &a0 [x, x, x, x, x, x, x, x, x]',
  ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`),
].join('\n')

const BOMBS: readonly (readonly [string, string])[] = [
  ['aliases nine levels deep', NINE_LEVELS],
  ['merge keys', `a: &a { x: 1 }\nb: { <<: [${Array(2000).fill('*a').join(', ')}] }`],
  ['an alias in its own anchor', 'a: &a [*a]'],
  ['a million brackets', `a: ${'['.repeat(1_000_000)}`],
  ['a million dashes', '- '.repeat(500_000)],
  ['a key of a megabyte', `${'k'.repeat(1_000_000)}: 1`],
  ['a hundred thousand anchors', Array.from({ length: 100_000 }, (_, i) => `k${i}: &a${i} 1`).join('\n')],
]

const ODD: readonly (readonly [string, string])[] = [
  ['require_auth: no', 'require_auth: no'],
  ['a leading zero', 'limits: { a: { by: ip, rate: 010/minute } }'],
  ['a number with a leading zero', 'server: { max_headers: 010 }'],
  ['an underscore', 'server: { max_headers: 1_000 }'],
  ['a key twice', 'trust: []\ntrust: [0.0.0.0/0]'],
  ['__proto__', '__proto__: { auth: none }'],
  ['constructor', 'limits: { constructor: { by: ip, rate: 1/minute } }'],
  ['a second document', '---\nversion: 1'],
  ['a tag', 'trust: !!js/function "return []"'],
]

const api = await startApi(t)
const schema = JSON.stringify({ type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } })
const policy = policyFor(api, {
  routes: `  - { id: judged, match: { path: /judged }, validate: { body: ./schema.json } }
  - { id: keyed, match: { path: /keyed }, auth: key }
`,
})
const sallyport: Sallyport = await startSallyport(t, policy, { files: { 'schema.json': schema } })
let refused = 0

/** Writes a file that must be refused, while a client goes on; the old policy stays in force. */
async function assertRefused(
  t: { strictSame(found: unknown, wanted: unknown): unknown },
  text: string,
): Promise<void> {
  const during = honestly(sallyport, 50)
  refused += 1
  sallyport.write(text)
  await sallyport.logged('reload refused', refused)
  const { policy: told } = JSON.parse(await sallyport.ops('/health'))
  for (const problem of told.last_reload.problems)
    t.strictSame([/policy\.yaml:\d+:\d+: ./.test(problem), problem], [true, problem])
  t.strictSame((await during).failures, [])
  const reply = await sallyport.client().send('GET /keyed HTTP/1.1\r\nHost: a\r\n\r\n').reply()
  t.strictSame(reply.status, 401)
}

function leastCpuMs(run: () => void): number {
  const times = Array.from({ length: RUNS }, () => {
    const before = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  })
  return Math.min(...times)
}

for (const [what, text] of BOMBS) {
  t.test(`V99 ${what}: refused within the bound, and a running process goes on`, async (t) => {
    t.ok(problemsOf(text).length > 0)
    const cpuMs = leastCpuMs(() => compileText(text))
    t.ok(cpuMs < MOST_CPU_MS, `${cpuMs.toFixed(1)} ms`)
    await assertRefused(t, text)
  })
}

for (const [what, line] of ODD) {
  t.test(`V100 ${what} in a reload is refused with its place, and the old policy stays`, async (t) => {
    const isThere = line.startsWith('server:')
    await assertRefused(t, isThere ? policy.replace(/^server:.*$/m, line) : `${policy}${line}\n`)
  })
}

t.test('V100 an empty file is refused, and the old policy stays', async (t) => {
  await assertRefused(t, '')
})

t.test('V100 a file without routes or auth opens nothing', async (t) => {
  await assertRefused(t, policy.replace('auth: none ', ''))
})

t.test('V101 a regular expression in a path is refused at load', async (t) => {
  await assertRefused(t, policy.replace('/keyed', '"/:x(^(a+)+$)"'))
})

t.test('V101 a pattern that explodes in others is linear here, whatever the body is', async (t) => {
  await sallyport.reload(`${policy}# good\n`)
  const costs = [1000, 50_000].map((length) => async (): Promise<number> => {
    const body = JSON.stringify({ a: `${'a'.repeat(length)}!` })
    const before = await sallyport.metric('process_cpu_seconds_total')
    for (let i = 0; i < RUNS; i++) {
      const client = sallyport.client()
      client.send(
        `POST /judged HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      )
      t.equal((await client.reply()).status, 422)
      client.leave()
    }
    return (await sallyport.metric('process_cpu_seconds_total')) - before
  })
  for (const cost of costs) t.ok((await cost()) < 5, 'seconds of CPU for five bodies')
})
