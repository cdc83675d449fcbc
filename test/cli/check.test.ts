import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { check } from '../../src/cli/check.ts'
import { policyWith } from '../config/compiling.ts'
import { runCommand } from './output.ts'

function fileWith(t: Test, text: string): string {
  const file = join(t.testdir(), 'policy.yaml')
  writeFileSync(file, text)
  return file
}

t.test('a good file is exit code 0 and its numbers', async (t) => {
  const file = fileWith(t, policyWith(''))
  const { code, stdout } = await runCommand(check, [file])
  t.equal(code, 0)
  t.match(stdout, /policy\.yaml is good: 1 route, 0 keys, hash [0-9a-f]{16}\n$/)
})

t.test('a bad file is exit code 1 and its problems', async (t) => {
  const file = fileWith(t, policyWith('    mod: report'))
  const { code, stdout } = await runCommand(check, [file])
  t.equal(code, 1)
  t.equal(stdout, `${file}:8:5: unknown key \`mod\` (did you mean \`mode\`?)\n${file} is refused: 1 error\n`)
})

t.test('a terminal sees the line and a caret', async (t) => {
  const file = fileWith(t, policyWith('    mode: enforc'))
  const { stdout } = await runCommand(check, [file], { isTTY: true })
  t.match(stdout, ' 8 |     mode: enforc\n               ^\n')
})

t.test('V102: a line that may hold a secret is not shown', async (t) => {
  const file = fileWith(t, policyWith('', 'keys: [{ id: a, hash: canary }]'))
  const { stdout } = await runCommand(check, [file], { isTTY: true })
  t.match(stdout, /`hash`/)
  t.notMatch(stdout, /canary/)
})

t.test('--json prints one object', async (t) => {
  const good = await runCommand(check, ['--json', fileWith(t, policyWith(''))])
  t.match(JSON.parse(good.stdout), { good: true, routes: 1, problems: [] })
  const bad = await runCommand(check, ['--json', fileWith(t, '')])
  t.equal(bad.code, 1)
  t.match(JSON.parse(bad.stdout), {
    good: false,
    hash: null,
    problems: [{ line: 1, col: 1, severity: 'error' }],
  })
})

t.test('warnings are told and do not refuse', async (t) => {
  const file = fileWith(t, policyWith('', 'limits: { spare: { by: ip, rate: 1/minute } }'))
  const { code, stdout } = await runCommand(check, [file])
  t.equal(code, 0)
  t.match(stdout, /warning: the limit `spare` is used nowhere/)
})

t.test('files that the policy names are found beside it', async (t) => {
  const file = fileWith(t, policyWith('', 'admin: { listen: 127.0.0.1:1, token: "${file:secrets/token}" }'))
  t.equal((await runCommand(check, [file])).code, 1)
  mkdirSync(join(file, '../secrets'))
  writeFileSync(join(file, '../secrets/token'), 'a-token-of-enough-length\n')
  t.equal((await runCommand(check, [file])).code, 0)
})

t.test('the environment is what the command is given', async (t) => {
  const file = fileWith(t, policyWith('', 'admin: { listen: 127.0.0.1:1, token: "${env:TOKEN}" }'))
  t.equal((await runCommand(check, [file])).code, 1)
  t.equal((await runCommand(check, [file], { env: { TOKEN: 'a-token-of-enough-length' } })).code, 0)
})

for (const args of [[], ['a', 'b'], ['--wrong', 'a'], ['/nowhere/policy.yaml'], ['/dev/zero'], ['/']]) {
  t.test(`wrong use is exit code 2: ${args.join(' ')}`, async (t) => {
    const { code, stdout, stderr } = await runCommand(check, args)
    t.equal(code, 2)
    t.equal(stdout, '')
    t.match(stderr, /^sallyport check: /)
  })
}

t.test('--help has an example', async (t) => {
  const { code, stdout } = await runCommand(check, ['--help'])
  t.equal(code, 0)
  t.match(stdout, /Example:\n {2}sallyport check /)
})
