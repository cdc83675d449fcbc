import t from 'tap'
import { parse } from 'yaml'
import { compile } from '../../src/config/compile.ts'
import { hashKey, isWellFormed } from '../../src/policies/key/format.ts'
import { runLine } from './terminal.ts'

const KEY = /sp_(?:live|test)_[0-9A-Za-z]{38}/

t.test('the key is printed once, with an entry that holds its hash', async (t) => {
  const { code, stdout } = await runLine(
    'keys',
    'new',
    '--id',
    'acme-prod',
    '--org',
    'acme',
    '--scopes',
    'a.read, b.read',
  )
  const [key = ''] = KEY.exec(stdout) ?? []
  const entry = parse(stdout.slice(stdout.indexOf('- {')))[0]
  t.equal(code, 0)
  t.ok(isWellFormed(key))
  t.equal(stdout.split(key).length, 2)
  t.strictSame(entry, {
    id: 'acme-prod',
    hash: `sha256:${hashKey(key)}`,
    org: 'acme',
    scopes: ['a.read', 'b.read'],
  })
})

t.test('the entry is good in a policy, whatever the names look like', async (t) => {
  const args = [
    '--org',
    'no',
    '--subject',
    '1e3',
    '--limits',
    'slow',
    '--routes',
    'all',
    '--roles',
    'a b',
    '--expires',
    '90d',
  ]
  const { stdout } = await runLine('keys', 'new', ...args)
  const text = `version: 1
upstreams: { legacy: { url: "http://127.0.0.1:3000" } }
limits: { slow: { by: key, rate: 1/minute } }
keys:
  ${stdout.slice(stdout.indexOf('- {'))}
routes: [{ id: all, match: { path: /* , methods: [GET] }, auth: key, upstream: legacy }]
`
  const { problems, keys } = compile(text, { file: 'p', readText: () => '', env: {}, nowMs: Date.now() })
  t.strictSame(problems, [])
  t.match([...(keys?.byId.values() ?? [])], [{ org: 'no', subject: '1e3', roles: ['a b'] }])
})

t.test('--json prints one object', async (t) => {
  const { stdout } = await runLine('keys', 'new', '--json', '--test', '--expires', '2999-01-01')
  const { key, entry } = JSON.parse(stdout)
  t.match(key, /^sp_test_/)
  t.match(entry, { id: /^key-\d{8}-[0-9a-f]{4}$/, hash: `sha256:${hashKey(key)}`, expires: '2999-01-01' })
})

t.test('a duration is turned into the time it ends', async (t) => {
  const { entry } = JSON.parse((await runLine('keys', 'new', '--json', '--expires', '36h')).stdout)
  const left = Date.parse(entry.expires) - Date.now()
  t.ok(Math.abs(left - 36 * 3_600_000) < 60_000)
})

for (const [wrong, why] of Object.entries({
  keys: /say what to do/,
  'keys revoke': /no `keys revoke`/,
  'keys new extra': /one word too many/,
  'keys new --scopes a,,b': /commas/,
  'keys new --expires soon': /90d/,
  'keys new --expires 2001-01-01': /past/,
  'keys new --expires 2999-13-45': /date/,
  'keys new --orgg x': /did you mean --org\?/,
})) {
  t.test(`${wrong} is wrong use`, async (t) => {
    t.match(await runLine(...wrong.split(' ')), { code: 2, stdout: '', stderr: why })
  })
}
