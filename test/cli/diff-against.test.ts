import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { diff } from '../../src/cli/diff.ts'
import { hashKey, newKey } from '../../src/policies/key/format.ts'
import { listening } from '../support/listening.ts'
import { Api, GateProcess } from './gate-process.ts'
import { runCommand } from './output.ts'

const KEYS = ['one', 'two'].map((id) => ({ id, key: newKey(randomBytes) }))

interface Parts {
  readonly rate: string
  readonly scopes: string
  readonly open: string
}

const OLD: Parts = { rate: '100/minute', scopes: '[read]', open: '[key]' }

function policy(origin: string, { rate, scopes, open }: Parts): string {
  const keys = KEYS.map(
    ({ id, key }) => `  - { id: ${id}, hash: "sha256:${hashKey(key)}", org: org-${id}, scopes: [read] }`,
  )
  return `version: 1
listen: 127.0.0.1:0
ops: 127.0.0.1:0
drain: { delay: 0s, grace: 5s }
upstreams: { api: { url: "${origin}" } }
limits: { each: { by: key, rate: ${rate} } }
keys:
${keys.join('\n')}
defaults: { upstream: api, auth: [key], limits: [each] }
routes:
  - { id: orders, match: { path: /orders/* }, allow: { scopes: ${scopes} } }
  - { id: open, match: { path: /open }, auth: ${open}, limits: [] }
`
}

/** Six requests for orders of each key, and one without a key for what is closed; then what the gate wrote down. */
async function record(t: Test) {
  const folder = t.testdir()
  const api = new Api()
  const origin = await listening(t, api.server)
  const [old, now, audit] = ['old.yaml', 'new.yaml', 'audit.jsonl'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(old, policy(origin, OLD))
  const gate = new GateProcess(t, ['serve', '--policy', old])
  const { listen } = await gate.logged('serving')
  for (const { key } of KEYS) {
    for (let i = 0; i < 6; i++) await fetch(`http://${listen}/orders/1`, { headers: { 'x-api-key': key } })
  }
  t.equal((await fetch(`http://${listen}/open`)).status, 401)
  gate.child.kill('SIGTERM')
  await gate.ended
  const lines = gate.audit.map((line) => `${JSON.stringify(line)}\n`).join('')
  const write = (parts: Partial<Parts>) => writeFileSync(now, policy(origin, { ...OLD, ...parts }))
  return { old, now, audit, lines, write }
}

t.test('--against tells whom of a real record the change would have hit', async (t) => {
  const { old, now, audit, lines, write } = await record(t)
  writeFileSync(audit, lines)

  await t.test('a limit', async (t) => {
    write({ rate: '4/minute' })
    const { code, stdout } = await runCommand(diff, [old, now, '--against', audit])
    t.equal(code, 0, 'it only closes')
    t.match(
      stdout,
      'more closed: limit each: allows 4/minute, before 100/minute (4 recorded requests of 2 keys) [limit-tighter]',
    )
    t.match(stdout, 'of 13 recorded requests')
    t.match(stdout, '  4 would be refused: 2 keys, 2 orgs, 1 client address\n')
    t.notMatch(stdout, 'another policy')
  })

  await t.test('a scope, as JSON', async (t) => {
    write({ scopes: '[read, write]' })
    const { stdout } = await runCommand(diff, [old, now, '--json', '--against', audit])
    const { changes, against } = JSON.parse(stdout)
    t.match(changes, [{ code: 'scope-needed', hits: { requests: 12, keys: 2, orgs: 2 } }])
    t.match(against, { compared: 13, refused: { requests: 12, keys: 2 }, let_in: { requests: 0 } })
  })

  await t.test('what opens', async (t) => {
    write({ open: '[key, none]' })
    const { code, stdout } = await runCommand(diff, [old, now, '--against', audit])
    t.equal(code, 1)
    t.match(stdout, 'requests without a credential are let in (1 recorded request) [auth-none-added]')
    t.match(stdout, '  1 would be let in: 0 keys')
  })

  await t.test('nothing at all, from a compressed file', async (t) => {
    writeFileSync(`${audit}.gz`, gzipSync(lines))
    const { code, stdout } = await runCommand(diff, [old, old, '--against', `${audit}.gz`])
    t.equal(code, 0)
    t.match(stdout, '  nothing would have changed for anybody\n')
  })

  await t.test('a record of another policy is told as such', async (t) => {
    write({ rate: '4/minute' })
    const { stdout } = await runCommand(diff, [now, old, '--against', audit])
    t.match(stdout, 'recorded under another policy than the old one')
  })

  await t.test('a file that is not there, and standard input twice', async (t) => {
    const gone = await runCommand(diff, [old, now, '--against', '/nowhere.jsonl'])
    t.equal(gone.code, 2)
    t.match(gone.stderr, '/nowhere.jsonl cannot be read')
    const twice = await runCommand(diff, ['-', now, '--against', '-'])
    t.equal(twice.code, 2)
    t.match(twice.stderr, 'only one file can be standard input')
  })
})
