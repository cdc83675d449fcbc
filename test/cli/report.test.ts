import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { report } from '../../src/cli/report.ts'
import { hashKey } from '../../src/policies/key/format.ts'
import { startSallyport } from '../support/process.ts'
import { freePort } from '../support/redis.ts'
import { TOKEN } from './limits-gate.ts'
import { runCommand } from './output.ts'

const ENV = { SALLYPORT_ADMIN_TOKEN: TOKEN }
const KEY = 'demo-key-of-acme-0123456789'

const policyFor = (api: number, dir: string) => `version: 1
listen: 127.0.0.1:0
ops: 127.0.0.1:0
admin: { listen: "127.0.0.1:0", token: "$\{env:SALLYPORT_ADMIN_TOKEN}" }
audit: { sinks: [{ type: file, path: "${join(dir, 'audit.jsonl')}" }] }
drain: { delay: 0s, grace: 1s }
upstreams: { api: { url: "http://127.0.0.1:${api}" } }
limits: { few: { by: key, rate: 1/day } }
defaults: { upstream: api, auth: key, mode: report }
keys: [{ id: acme-prod, hash: "sha256:${hashKey(KEY)}", org: acme }]
routes:
  - { id: orders, match: { path: "/orders/*" }, limits: [few] }
  - { id: open, match: { path: "/open/*" }, auth: none }
  - { id: shut, match: { path: "/shut/*" }, mode: enforce }
`

/** A gate in report mode that has been asked, and its audit file. */
async function askedGate(t: Test) {
  const api = createServer((_request, response) => response.end('fine')).listen(0, '127.0.0.1')
  await once(api, 'listening')
  t.teardown(() => {
    api.closeAllConnections()
    api.close()
  })
  const dir = t.testdir()
  const gate = await startSallyport(t, policyFor((api.address() as AddressInfo).port, dir), { env: ENV, dir })
  const url = `http://${/"admin":"([^"]+)"/.exec(gate.stderr)?.[1]}`
  const ask = async (path: string, key?: string) => {
    const headers: Record<string, string> = key === undefined ? {} : { 'x-api-key': key }
    return (await fetch(`http://127.0.0.1:${gate.port}${path}`, { headers })).status
  }
  t.equal(await ask('/open/1'), 200)
  t.equal(await ask('/shut/1'), 401, 'what is enforced is refused')
  for (const key of [undefined, undefined, KEY, KEY, KEY]) t.equal(await ask('/orders/1', key), 200)
  return { gate, url, file: join(dir, 'audit.jsonl') }
}

const cli = (...args: string[]) => runCommand(report, args, { env: ENV })

const TABLE = `ROUTE   CODE          KEY        ORG   REQUESTS  SHARE  FIRST                 LAST                  LATEST
orders  key_missing   -          -     2         28.6%  TIME  TIME  ID
orders  rate_limited  acme-prod  acme  2         28.6%  TIME  TIME  ID
orders  rate_limited  -          -     1         14.3%  TIME  TIME  ID

4 of 7 requests (57.1%) would have been refused, from TIME to TIME
`

const steady = (text: string): string =>
  text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME').replace(/\b[0-9a-f]{32}\b/g, 'ID')

t.test('a running gate tells whom it would refuse, and so does its audit file', async (t) => {
  const { gate, url, file } = await askedGate(t)
  const live = await cli('--admin', url)
  t.equal(live.code, 1, live.stderr)
  t.equal(steady(live.stdout), TABLE)
  const told = JSON.parse((await cli('--admin', url, '--json')).stdout)
  t.match(told, {
    requests: 7,
    reported: 4,
    others: 0,
    groups: [{ code: 'key_missing', examples: [/^[0-9a-f]{32}$/, String] }, {}, {}],
  })
  await gate.stop('SIGTERM')
  const ofFile = await cli(file)
  t.equal(ofFile.code, 1, ofFile.stderr)
  t.equal(steady(ofFile.stdout), TABLE)
  const { lines, ...rest } = JSON.parse((await cli(file, '--json')).stdout)
  t.strictSame(rest, told)
  t.strictSame(lines, { other: 0, broken: 0, dropped: 0, outside: 0 })
})

const lineAt = (time: string, more: object = {}) =>
  `${JSON.stringify({ type: 'request', time, id: 'a', route: 'orders', outcome: 'forward', ...more })}\n`

t.test('files are read one after the other, packed ones too, from a time on', async (t) => {
  const bad = { reported: ['key_missing'] }
  const dir = t.testdir()
  writeFileSync(
    join(dir, 'old.gz'),
    gzipSync(lineAt('2026-01-01T00:00:00Z', bad) + lineAt('2026-01-02T00:00:00Z')),
  )
  writeFileSync(join(dir, 'new'), `${lineAt('2026-01-03T00:00:00Z', bad)}broken\n`)
  const files = [join(dir, 'old.gz'), join(dir, 'new')]
  t.match(await cli(...files), {
    code: 1,
    stdout: /\n\n2 of 3 requests \(66\.7%\).*\nleft out: 1 line not of an audit\n$/,
  })
  t.match(await cli(...files, '--since', '2026-01-02'), {
    code: 1,
    stdout: /\n\n1 of 2 requests.*\nleft out: 1 request before --since\n/,
  })
  t.match(await cli(files[0] ?? '', '--since', '2026-01-02'), {
    code: 0,
    stdout:
      'none of 1 request would have been refused, from 2026-01-02T00:00:00Z to 2026-01-02T00:00:00Z\nleft out: 1 request before --since\n',
  })
  t.match(await cli(...files, '--since', '2027-01-01'), { code: 0, stdout: /^no request was looked at\n/ })
})

t.test('words of others do nothing to a terminal', async (t) => {
  const dir = t.testdir({
    'a.jsonl': lineAt('2026-01-03T00:00:00Z', {
      route: '\u001b[2J',
      id: '\u009b1m',
      reported: ['\u001b]0;x'],
    }),
  })
  const { stdout } = await cli(join(dir, 'a.jsonl'))
  const { stdout: json } = await cli(join(dir, 'a.jsonl'), '--json')
  for (const control of ['\u001b', '\u009b']) t.notOk((stdout + json).includes(control))
})

t.test('wrong use is told, and so is a gate that does not answer', async (t) => {
  for (const [args, why] of [
    [['/no/such/file'], /\/no\/such\/file cannot be read: ENOENT/],
    [['a', '--admin', 'http://127.0.0.1:1'], /not both/],
    [['--since', '1h', '--admin', 'http://127.0.0.1:1'], /--since needs an audit file/],
    [['a', '--since', 'yesterday'], /--since: write a time/],
    [['--jsn'], /did you mean --json/],
  ] as const) {
    t.match(await cli(...args), { code: 2, stdout: '', stderr: why }, args.join(' '))
  }
  const port = await freePort()
  t.match(await cli('--admin', `http://127.0.0.1:${port}`), { code: 1, stderr: /nothing listens there/ })
  const { code, stdout } = await cli('--help')
  t.equal(code, 0)
  t.match(stdout, /Example:\n {2}sallyport report /)
})

t.test('a gate with another token, or that is none, is told', async (t) => {
  const { url } = await askedGate(t)
  const other = await runCommand(report, ['--admin', url], { env: { SALLYPORT_ADMIN_TOKEN: 'x'.repeat(20) } })
  t.match(other, { code: 1, stderr: /another token/ })
  const odd = createServer((_request, response) => response.end('{"groups":1}')).listen(0, '127.0.0.1')
  await once(odd, 'listening')
  t.teardown(() => odd.close())
  const { port } = odd.address() as AddressInfo
  t.match(await cli('--admin', `http://127.0.0.1:${port}`), {
    code: 1,
    stderr: /not the answer of an admin listener/,
  })
})
