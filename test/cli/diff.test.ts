import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { diff } from '../../src/cli/diff.ts'
import { policyWith } from '../config/compiling.ts'
import { runCommand } from './output.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const CLOSED = policyWith('    access: { allow: [10.0.0.0/8] }')
const OPEN = policyWith('    access: { allow: [10.0.0.0/8, 192.168.0.0/16] }')
const RENAMED = policyWith('    headers: { request: { remove: [x-a] } }')

function filesOf(t: Test, old: string, now: string): { old: string; now: string } {
  const folder = t.testdir()
  const [one, two] = [join(folder, 'old.yaml'), join(folder, 'new.yaml')]
  writeFileSync(one, old)
  writeFileSync(two, now)
  return { old: one, now: two }
}

t.test('what opens is exit code 1, with its place', async (t) => {
  const { old, now } = filesOf(t, CLOSED, OPEN)
  const { code, stdout } = await runCommand(diff, [old, now])
  t.equal(code, 1)
  t.equal(
    stdout,
    `${now}:8:5: more open: route one: more client addresses are let in: \`allow\` has \`192.168.0.0/16\` in addition [access-wider]\n${old} -> ${now}: 1 more open\n`,
  )
})

t.test('what closes, or does neither, is exit code 0', async (t) => {
  const { old, now } = filesOf(t, OPEN, CLOSED)
  const closed = await runCommand(diff, [old, now])
  t.equal(closed.code, 0)
  t.match(closed.stdout, 'more closed: route one')
  const same = await runCommand(diff, [old, old])
  t.strictSame([same.code, same.stdout], [0, `${old} -> ${old}: no difference in effect\n`])
  const { old: plain, now: other } = filesOf(t, policyWith(''), RENAMED)
  const neither = await runCommand(diff, [plain, other])
  t.equal(neither.code, 0)
  t.match(neither.stdout, 'other: route one')
})

t.test('a terminal sees colours, unless it wants none', async (t) => {
  const { old, now } = filesOf(t, CLOSED, OPEN)
  const { stdout } = await runCommand(diff, [old, now], { isTTY: true })
  t.match(stdout, '\u001b[31mmore open\u001b[39m')
  const plain = await runCommand(diff, [old, now], { isTTY: true, env: { NO_COLOR: '1' } })
  t.notMatch(plain.stdout, '\u001b')
})

t.test('--json prints one object', async (t) => {
  const { old, now } = filesOf(t, CLOSED, OPEN)
  const { code, stdout } = await runCommand(diff, ['--json', old, now])
  t.equal(code, 1)
  t.match(JSON.parse(stdout), {
    old: { file: old, hash: /^[0-9a-f]{16}$/ },
    new: { file: now },
    more_open: 1,
    more_closed: 0,
    other: 0,
    changes: [
      {
        code: 'access-wider',
        severity: 'more_open',
        kind: 'route',
        names: ['one'],
        count: 1,
        file: now,
        line: 8,
        col: 5,
      },
    ],
  })
})

t.test('--format markdown and github', async (t) => {
  const { old, now } = filesOf(t, CLOSED, OPEN)
  const markdown = await runCommand(diff, ['--format', 'markdown', old, now])
  t.equal(markdown.code, 1)
  t.match(markdown.stdout, '### Policy: 1 more open\n')
  t.match(markdown.stdout, '| **more open** | route one: more client addresses')
  const github = await runCommand(diff, ['--format', 'github', old, now])
  t.match(github.stdout, `::warning file=${now},line=8,col=5,title=more open [access-wider]::route one: more`)
})

t.test('the words of a policy command neither a terminal nor a comment', async (t) => {
  const org = '<img src=x>|`@all` ::error::[x](http://evil.example.net) \u2028%0A'
  const allow = (orgs: string[]) =>
    policyWith(`    auth: [key]\n    allow: { orgs: ${JSON.stringify(orgs)} }`, '')
  const { old, now } = filesOf(t, allow(['a']), allow(['a', org]))
  const text = await runCommand(diff, [old, now])
  t.equal(text.code, 1)
  t.notMatch(text.stdout, '\u2028')
  const { stdout } = await runCommand(diff, ['--format', 'markdown', old, now])
  const row = stdout.split('\n').find((line) => line.includes('orgs-wider')) ?? ''
  t.match(
    row,
    /the organisation `<img src=x>\\\|'@all' [^`]*` is enough, too/,
    'it stays between back quotes',
  )
  const github = await runCommand(diff, ['--format', 'github', old, now])
  t.equal(github.stdout.split('\n').filter((line) => line.startsWith('::')).length, 1)
  t.match(github.stdout, '%250A')
})

t.test('a file that is refused is exit code 2, with what is wrong', async (t) => {
  const { old, now } = filesOf(t, policyWith(''), policyWith('    mod: report'))
  const { code, stdout, stderr } = await runCommand(diff, [old, now])
  t.equal(code, 2)
  t.equal(stdout, '')
  t.match(stderr, `${now}:8:5: unknown key \`mod\``)
  t.match(stderr, 'nothing to compare')
})

for (const args of [
  [],
  ['a'],
  ['a', 'b', 'c'],
  ['-', '-'],
  ['/nowhere.yaml', '/nowhere.yaml'],
  ['/dev/zero', '/dev/zero'],
  ['--format', 'html', 'a', 'b'],
  ['--json', '--format', 'text', 'a', 'b'],
  ['--wrong', 'a', 'b'],
]) {
  t.test(`wrong use is exit code 2: ${args.join(' ')}`, async (t) => {
    const { code, stdout, stderr } = await runCommand(diff, args)
    t.equal(code, 2)
    t.equal(stdout, '')
    t.match(stderr, /^sallyport diff: .*\nSee: sallyport diff --help\n$/)
  })
}

t.test('--help has an example', async (t) => {
  const { code, stdout } = await runCommand(diff, ['--help'])
  t.equal(code, 0)
  t.match(stdout, /Example:\n {2}git worktree add .* && sallyport diff /)
})

/** The program as somebody runs it, with a text on its standard input. */
async function run(args: readonly string[], input: string) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const code = child.exitCode ?? (await new Promise((resolve) => child.once('close', resolve)))
  return { code, stdout, stderr }
}

t.test('- is standard input', async (t) => {
  const { now } = filesOf(t, '', OPEN)
  const { code, stdout } = await run(['diff', '-', now], CLOSED)
  t.equal(code, 1)
  t.match(stdout, 'more open: route one: more client addresses are let in')
  t.match(stdout, `- -> ${now}: 1 more open`)
})

t.test(
  'a policy on standard input that names files is refused: they would be those of the other one',
  async (t) => {
    const body = policyWith('    validate: { body: ./order.json }')
    const { now } = filesOf(t, '', body)
    // The old one of the repository asked for more: nobody can see that here.
    writeFileSync(join(now, '../order.json'), '{}')
    for (const args of [
      ['diff', '-', now],
      ['diff', now, '-'],
    ]) {
      const { code, stdout, stderr } = await run(args, body)
      t.strictSame([code, stdout], [2, ''])
      t.match(stderr, 'names ./order.json, and beside')
      t.match(stderr, 'git worktree add --detach ../base main')
    }
    writeFileSync(join(now, '../more.jsonl'), '')
    const keys = await run(['diff', '-', now], `${CLOSED}key_files: [./more.jsonl]\n`)
    t.equal(keys.code, 2)
    t.match(keys.stderr, 'names ./more.jsonl')
  },
)
