import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { check } from '../../src/cli/check.ts'
import { HASH, policyWith } from '../config/compiling.ts'
import { runCommand } from './output.ts'

const KEYS = `keys: [{ id: a, hash: "${HASH}" }]`

function fileWith(t: Test, text: string): string {
  const file = join(t.testdir(), 'policy.yaml')
  writeFileSync(file, text)
  return file
}

t.test('a good file is exit code 0 and its numbers', async (t) => {
  const file = fileWith(t, policyWith('    auth: key', KEYS))
  const { code, stdout } = await runCommand(check, [file])
  t.equal(code, 0)
  t.match(stdout, /^\S+policy\.yaml is good: 1 route, 1 key, hash [0-9a-f]{16}\n$/)
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
  const good = await runCommand(check, ['--json', fileWith(t, policyWith('    auth: key'))])
  t.match(JSON.parse(good.stdout), { good: true, routes: 1, problems: [] })
  const bad = await runCommand(check, ['--json', fileWith(t, '')])
  t.equal(bad.code, 1)
  t.match(JSON.parse(bad.stdout), {
    good: false,
    hash: null,
    problems: [
      { line: 1, col: 1, severity: 'error', code: 'invalid-policy', docs: 'docs/checks.md#invalid-policy' },
    ],
  })
})

t.test('warnings are told and do not refuse', async (t) => {
  const file = fileWith(t, policyWith('', 'limits: { spare: { by: ip, rate: 1/minute } }'))
  const { code, stdout } = await runCommand(check, [file])
  t.equal(code, 0)
  t.match(stdout, `${file}:4:11: warning: the limit \`spare\` is used nowhere [unused-name]\n`)
  t.match(stdout, /:6:5: warning: anybody may send POST, .* \[write-without-auth\]\n/)
  t.match(stdout, / is good: 1 route, 0 keys, hash [0-9a-f]{16}, 2 warnings\n$/)
})

t.test('--strict takes no warning', async (t) => {
  const file = fileWith(t, policyWith(''))
  const { code, stdout } = await runCommand(check, ['--strict', file])
  t.equal(code, 1)
  t.match(stdout, `${file} has 1 warning, and --strict takes none\n`)
  const json = await runCommand(check, ['--strict', '--json', file])
  t.equal(json.code, 1)
  t.equal(JSON.parse(json.stdout).good, false)
  t.equal((await runCommand(check, ['--strict', fileWith(t, policyWith('    auth: key', KEYS))])).code, 0)
})

const ALLOW = '    # sallyport-allow write-without-auth: a public form'

t.test('what a comment silences is only in the JSON, with its reason', async (t) => {
  const file = fileWith(t, policyWith(`${ALLOW}\n    auth: none`))
  const { code, stdout } = await runCommand(check, ['--strict', file])
  t.equal(code, 0)
  t.match(stdout, /^\S+ is good: 1 route, 0 keys, hash [0-9a-f]{16}, 1 silenced\n$/)
  const { problems, silenced } = JSON.parse((await runCommand(check, ['--json', file])).stdout)
  t.strictSame(problems, [])
  t.match(silenced, [
    { code: 'write-without-auth', line: 9, reason: 'a public form', docs: /#write-without-auth$/ },
  ])
})

t.test('an info is told and is no warning', async (t) => {
  const file = fileWith(t, policyWith('    auth: key\n    validate: { body: ./body.json }', KEYS))
  writeFileSync(join(file, '../body.json'), '{ "properties": { "a": { "pattern": "^(a+)+$" } } }')
  const { code, stdout } = await runCommand(check, ['--strict', file])
  t.equal(code, 0)
  t.match(stdout, /:9:17: info: the pattern .* \[pattern-backtracks\]\n\S+ is good: .* hash [0-9a-f]{16}\n$/)
})

t.test('--expires-within says what soon is', async (t) => {
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
  const key = `keys: [{ id: a, hash: "sha256:${'0'.repeat(64)}", expires: "${inDays(20)}" }]`
  const file = fileWith(t, policyWith('    auth: key', key))
  t.match((await runCommand(check, [file])).stdout, '[key-expires-soon]')
  t.notMatch((await runCommand(check, ['--expires-within', '10d', file])).stdout, '[key-expires-soon]')
  t.equal((await runCommand(check, ['--expires-within', 'soon', file])).code, 2)
})

t.test('V102: a line that sets a secret header is not shown', async (t) => {
  const oneLine = `version: 1
upstreams: { api: { url: http://127.0.0.1:3000 } }
routes:
  - { id: a, match: { path: /a }, upstream: api, headers: { request: { set: { x-api-key: canary } } }, auth: none }
`
  const { stdout } = await runCommand(check, [fileWith(t, oneLine)], { isTTY: true })
  t.match(stdout, '[write-without-auth]')
  t.notMatch(stdout, /canary/)
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

for (const args of [
  [],
  ['a', 'b'],
  ['--wrong', 'a'],
  ['--expires-within', '1y', 'a'],
  ['/nowhere/policy.yaml'],
  ['/dev/zero'],
  ['/'],
]) {
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
