import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { gapLine } from '../../src/adapters/audit-line.ts'
import { auditLine } from '../import/audit-lines.ts'
import { runLine } from './terminal.ts'

const POLICY = `version: 1
upstreams: { api: { url: "http://127.0.0.1:1" } }
routes: [{ id: a, match: { path: /a, methods: [GET] }, auth: none, upstream: api }]
`
const ID = '0'.repeat(32)

function filesOf(t: Test) {
  const dir = t.testdir({
    'policy.yaml': POLICY,
    binary: Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 37) % 256)),
    'some.json': '{"type":"object","properties":{}}\n',
    'packed.gz': gzipSync('GET / 200\n'),
    'empty.jsonl': '',
    'blank.jsonl': '\n\n',
    'gap.jsonl': gapLine(3, 0),
    'audit.jsonl': `${auditLine(0, { path: '/a' })}\n`,
  })
  return (name: string): string => join(dir, name)
}

/** Each command that reads audit files. */
function commandsFor(file: (name: string) => string, audit: string): readonly (readonly string[])[] {
  const policy = file('policy.yaml')
  return [
    ['report', audit],
    ['report', file('audit.jsonl'), audit],
    ['replay', audit, '--policy', policy],
    ['diff', policy, policy, '--against', audit],
    ['import', 'audit', audit],
    ['import', 'audit', audit, '--json'],
    ['explain', '--id', ID, '--audit', audit],
  ]
}

t.test('a wrong path to a file that is there does not pass for a quiet audit', async (t) => {
  const file = filesOf(t)
  for (const name of ['binary', 'some.json', 'packed.gz', 'policy.yaml']) {
    for (const args of commandsFor(file, file(name))) {
      const ran = await runLine(...args)
      t.match(ran, { code: 2, stdout: '' }, args.join(' '))
      t.match(ran.stderr, `${name} is no audit file: none of its lines is of an audit`)
    }
  }
})

t.test('an audit in which nothing happened is one', async (t) => {
  const file = filesOf(t)
  for (const name of ['empty.jsonl', 'blank.jsonl']) {
    t.match(await runLine('report', file(name)), {
      code: 0,
      stdout: 'no request was looked at: nothing is written in the audit\n',
    })
    t.match(await runLine('replay', file(name), '--policy', file('policy.yaml')), {
      code: 0,
      stdout: 'no request can be judged again: nothing is written in the audit\n',
    })
  }
  t.match(await runLine('report', file('gap.jsonl')), {
    code: 0,
    stdout: 'no request was looked at\nmissing: 3 lines that the gate could not write\n',
  })
})

t.test('a time that ends before it begins is wrong use', async (t) => {
  const file = filesOf(t)
  for (const args of [
    ['replay', file('audit.jsonl'), '--policy', file('policy.yaml')],
    ['import', 'audit', file('audit.jsonl')],
  ]) {
    for (const [since, until] of [
      ['1h', '2h'],
      ['2026-01-02', '2026-01-01'],
      ['2026-01-01', '2026-01-01'],
    ] as const) {
      const ran = await runLine(...args, '--since', since, '--until', until)
      t.match(ran, { code: 2, stdout: '', stderr: /--since has to be before --until/ }, `${since} ${until}`)
    }
  }
})
