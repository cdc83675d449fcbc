import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { check } from '../../src/cli/check.ts'
import { GateProcess } from './gate-process.ts'
import { runCommand } from './output.ts'

const POLICY = `version: 1
listen: 127.0.0.1:0
ops: 127.0.0.1:0
tests: { file: ./policy.test.yaml }
upstreams: { api: { url: "http://127.0.0.1:1" } }
defaults: { upstream: api, auth: [key] }
routes:
  - { id: shut, match: { path: /shut } }
  - { id: open, match: { path: /open }, auth: none }
`
const TESTS = `version: 1
cases:
  - { name: shut is shut, request: GET /shut, expect: { code: key_missing } }
  - { name: open is open, request: GET /open, expect: { outcome: forward } }
`
const OPENED = POLICY.replace('path: /shut }', 'path: /shut }, auth: none')

function files(t: Test, policy = POLICY) {
  const dir = t.testdir({ 'policy.yaml': policy, 'policy.test.yaml': TESTS })
  return { policy: join(dir, 'policy.yaml'), tests: join(dir, 'policy.test.yaml') }
}

const FAILS =
  /policy\.test\.yaml:3:5: the test "shut is shut" fails: code is upstream|policy\.test\.yaml:3:5: the test "shut is shut" fails: code is null instead of key_missing/

t.test('a policy whose tests fail does not start', async (t) => {
  const { policy } = files(t, OPENED)
  const gate = new GateProcess(t, ['serve', '--policy', policy])
  t.match(await gate.logged('policy refused'), { problems: [FAILS] })
  t.equal(await gate.ended, 1)
})

t.test('check says so beforehand', async (t) => {
  const { policy, tests } = files(t, OPENED)
  const bad = await runCommand(check, [policy])
  t.equal(bad.code, 1)
  t.match(bad.stdout, /the test "shut is shut" fails: .*\n.*policy\.yaml is refused: 1 error\n$/)
  const json = await runCommand(check, [policy, '--json'])
  t.match(JSON.parse(json.stdout), { good: false, problems: [], test_failures: [FAILS] })
  writeFileSync(policy, POLICY)
  t.equal((await runCommand(check, [policy])).code, 0)
  writeFileSync(tests, 'version: 2')
  t.equal((await runCommand(check, [policy])).code, 1)
})

t.test(
  'a reload whose tests fail keeps the old policy; a change of the tests is a reload, too',
  async (t) => {
    const { policy, tests } = files(t)
    const gate = new GateProcess(t, ['serve', '--policy', policy])
    const { listen } = await gate.logged('serving')
    const statusOf = async () => (await fetch(`http://${listen}/shut`)).status
    t.equal(await statusOf(), 401)
    writeFileSync(policy, OPENED)
    t.match(await gate.logged('reload refused'), { problems: [FAILS] })
    t.equal(await statusOf(), 401, 'what would be open is not')
    writeFileSync(tests, TESTS.replace('code: key_missing', 'outcome: forward'))
    await gate.logged('policy reloaded')
    t.equal(await statusOf(), 502, 'open, and there is no API')
    writeFileSync(policy, `${readFileSync(policy, 'utf8')}# again\n`)
    await gate.logged('policy reloaded', 2)
  },
)

t.test('tests that a reload brings along are watched from then on', async (t) => {
  const { policy, tests } = files(t, POLICY.replace('tests: { file: ./policy.test.yaml }\n', ''))
  const gate = new GateProcess(t, ['serve', '--policy', policy])
  await gate.logged('serving')
  writeFileSync(policy, POLICY)
  await gate.logged('policy reloaded')
  writeFileSync(tests, TESTS.replace('code: key_missing', 'code: key_expired'))
  t.match(await gate.logged('reload refused'), {
    problems: [/the test "shut is shut" fails: code is key_missing/],
  })
  gate.child.kill('SIGHUP')
  t.match(await gate.logged('reload refused', 2), { problems: [/fails/] })
  writeFileSync(tests, TESTS)
  await gate.logged('policy reloaded', 2)
})
