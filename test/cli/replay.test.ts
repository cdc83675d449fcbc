import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { auditLine, gapLine } from '../../src/adapters/audit-line.ts'
import { replay } from '../../src/cli/replay.ts'
import { BASIS, forwarded } from '../adapters/audit-records.ts'
import { runCommand } from './output.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url))

const policy = (auth: string): string => `version: 1
upstreams: { api: { url: http://127.0.0.1:1 } }
keys: [{ id: acme-prod, hash: "sha256:${'0'.repeat(64)}", org: acme }]
routes: [{ id: orders, match: { path: /api/orders/* }, auth: ${auth}, upstream: api, access: { deny: [192.0.2.9] } }]
`

const LINES = [1, 2, 3].map((seq) =>
  auditLine({
    ...forwarded,
    id: `${seq}`.repeat(32),
    client: seq === 3 ? '192.0.2.9' : forwarded.client,
    basis: { ...BASIS, seq },
  }),
)

function filesOf(t: Test) {
  const dir = t.testdir({
    'same.jsonl': LINES.slice(0, 2).join(''),
    'changed.jsonl': `${LINES.join('')}${gapLine(4, 0)}{"type":"requ`,
    'packed.gz': gzipSync(LINES.join('')),
    'policy.yaml': policy('[key]'),
    'wrong.yaml': 'version: 2',
  })
  return (name: string): string => join(dir, name)
}

const run = (args: readonly string[], isTTY = false) => runCommand(replay, args, { isTTY })

t.test('no decision changes', async (t) => {
  const file = filesOf(t)
  const { code, stdout, stderr } = await run([file('same.jsonl'), '--policy', file('policy.yaml')])
  t.equal(code, 0)
  t.match(stdout, /^2 requests from 2026-02-03T04:05:06.078Z to .*: no decision changes\n$/)
  t.equal(stderr, '')
})

t.test('some do: in a table, with what is not sure', async (t) => {
  const file = filesOf(t)
  const { code, stdout } = await run([file('changed.jsonl'), '--policy', file('policy.yaml')])
  t.equal(code, 1)
  t.match(stdout, /1 decision changes, 2 stay/)
  t.match(stdout, /1 let through, would be refused: 1 key, 1 org, 1 client address\n/)
  t.match(stdout, /forward {2}address_refused {2}orders {2}1 {9}acme-prod 1 {2}3{32}\n/)
  t.match(stdout, / {2}4 missing, by the word of the gate/)
  t.match(stdout, / {2}1 torn, or not of an audit/)
})

t.test('several files, compressed ones, as JSON', async (t) => {
  const file = filesOf(t)
  const args = [file('same.jsonl'), file('packed.gz'), '--policy', file('policy.yaml'), '--json']
  const { code, stdout } = await run(args)
  t.equal(code, 1)
  t.match(JSON.parse(stdout), { compared: 5, changed: 1, groups: [{ would_be: 'address_refused' }] })
})

t.test('only what was asked for', async (t) => {
  const file = filesOf(t)
  const args = [file('changed.jsonl'), '--policy', file('policy.yaml'), '--json']
  const before = await run([...args, '--until', '2026-02-03'])
  t.match(JSON.parse(before.stdout), { compared: 0, lines: { outside: 3 } })
  t.equal(before.code, 0)
  const since = await run([...args, '--since', '2026-02-03T04:05:06Z'])
  t.match(JSON.parse(since.stdout), { compared: 3 })
  const text = await run([...args.slice(0, 3), '--since', '1h'])
  t.match(text.stdout, /no request of the file can be judged again by policy/)
})

t.test('progress only for somebody who watches', async (t) => {
  const dir = t.testdir({ 'long.jsonl': gapLine(1, 0).repeat(10_000), 'policy.yaml': policy('[key]') })
  const args = [join(dir, 'long.jsonl'), '--policy', join(dir, 'policy.yaml')]
  t.match((await run(args, true)).stderr, '10,000 lines')
  t.equal((await run(args)).stderr, '')
})

t.test('wrong use', async (t) => {
  const file = filesOf(t)
  const good = ['--policy', file('policy.yaml')]
  const cases: readonly (readonly [args: readonly string[], why: RegExp])[] = [
    [good, /name the audit file/],
    [[file('none.jsonl'), ...good], /none.jsonl cannot be read: ENOENT/],
    [[file('same.jsonl'), '--policy', file('none.yaml')], /none.yaml/],
    [[file('same.jsonl'), '--policy', file('wrong.yaml')], /wrong.yaml:1:10: .*version/],
    [[file('same.jsonl'), ...good, '--since', 'yesterday'], /--since: write a time such as/],
    [[file('same.jsonl'), ...good, '--sinse', '1h'], /did you mean --since/],
  ]
  for (const [args, why] of cases) {
    const { code, stdout, stderr } = await run(args)
    t.equal(code, 2, `${why}`)
    t.match(stderr, why)
    t.equal(stdout, '')
  }
})

t.test('from standard input, as a process', async (t) => {
  const file = filesOf(t)
  const child = spawn(process.execPath, [PROGRAM, 'replay', '-', '--policy', file('policy.yaml'), '--json'])
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stdin.end(LINES.join(''))
  const code = await new Promise((resolve) => child.on('close', resolve))
  t.equal(code, 1)
  t.match(JSON.parse(stdout), { compared: 3, changed: 1 })
})
