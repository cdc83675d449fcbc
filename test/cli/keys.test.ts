import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'
import { compile } from '../../src/config/compile.ts'
import { hashKey, isWellFormed, newKey } from '../../src/policies/key/format.ts'
import { auditLine } from '../import/audit-lines.ts'
import { runLine } from './terminal.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url))
const NO_FULL_DEVICE = existsSync('/dev/full') ? false : 'there is no /dev/full'
const AUDIT = `${auditLine(0, { path: '/a' })}\n`
const POLICY = `version: 1
upstreams: { api: { url: "http://127.0.0.1:1" } }
routes: [{ id: a, match: { path: /a, methods: [GET] }, auth: none, upstream: api }]
`

/** Runs the program with its output going to a file or device. */
async function runInto(path: string, args: readonly string[]) {
  const into = openSync(path, 'w')
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', into, 'pipe'] })
  closeSync(into)
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code] = await once(child, 'close')
  return { code, stderr }
}

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

t.test('an entry that check would refuse is not printed: the key is shown once', async (t) => {
  const key = newKey(randomBytes)
  for (const [option, value, why] of [
    ['--id', 'a b', /--id: write 1 to 100 of letters/],
    ['--id', '', /--id: write 1 to 100/],
    ['--id', '" }', /--id: write 1 to 100/],
    ['--id', 'ключ', /--id: write 1 to 100/],
    ['--id', key, /--id must not hold a key itself/],
    ['--org', '', /--org must have at least 1 character/],
    ['--subject', 'a\nb', /--subject: only printable characters/],
    ['--scopes', `a,${key}`, /--scopes must not hold a key itself/],
    ['--roles', 'x'.repeat(201), /--roles must have at most 200 characters/],
    ['--expires', '2999-02-30', /--expires: write a date/],
  ] as const) {
    const ran = await runLine('keys', 'new', option, value)
    t.match(ran, { code: 2, stdout: '', stderr: why }, `${option} ${value}`)
    t.notMatch(ran.stderr, key.slice(0, -1))
  }
})

t.test('a key that could not be written is not lost silently', { skip: NO_FULL_DEVICE }, async (t) => {
  const dir = t.testdir({ 'policy.yaml': POLICY, 'audit.jsonl': AUDIT })
  for (const args of [
    ['keys', 'new'],
    ['check', join(dir, 'policy.yaml')],
    ['import', 'audit', join(dir, 'audit.jsonl')],
    ['schema'],
    ['help'],
  ]) {
    const { code, stderr } = await runInto('/dev/full', args)
    t.equal(code, 2, args.join(' '))
    t.match(stderr, /^sallyport: the answer could not be written: ENOSPC/, args.join(' '))
  }
})

t.test('a reader that has gone is no failure', async (t) => {
  const child = spawn(process.execPath, [PROGRAM, 'schema'], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code] = await once(child, 'close')
  t.strictSame([code, stderr], [0, ''])
})
