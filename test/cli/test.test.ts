import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { test } from '../../src/cli/test.ts'
import { writeCases } from '../cases/running.ts'
import { runCommand } from './output.ts'

const GOOD = '  - { name: all may come, request: GET /open, expect: { outcome: forward } }\n'
const BAD =
  '  - { name: "nobody <gets> in, 100%", request: GET /open, expect: { status: 401, code: key_missing } }\n'
const LOST = '  - { name: nothing there, request: GET /none, expect: { outcome: refuse, code: no_route } }\n'

const runOf = (t: Test, cases: string, ...args: string[]) => {
  const file = writeCases(t, { cases })
  return runCommand(test, [file, ...args]).then((ran) => ({ ...ran, file }))
}

t.test('cases stand by their route, and good ones are exit code 0', async (t) => {
  const { code, stdout, file } = await runOf(t, GOOD + LOST)
  t.equal(code, 0)
  const [open, none, last = ''] = stdout.split('\n\n')
  t.equal(open, 'open\n  ✓ all may come')
  t.equal(none, '(no route)\n  ✓ nothing there')
  t.match(last, /: 2 passed, 0 failed, \d+ % covered, \d+\.\d\d s\n$/)
  t.ok(last.startsWith(file))
})

t.test('a bad one is exit code 1, with both sides', async (t) => {
  const { code, stdout } = await runOf(t, GOOD + BAD)
  t.equal(code, 1)
  t.match(
    stdout,
    `  ✗ nobody <gets> in, 100%  line 5
      code
        - key_missing
        + null
      status
        - 401
        + 200
`,
  )
  t.match(stdout, /- expected {2}\+ actual\n.*: 1 passed, 1 failed, /)
})

t.test('what the gate itself says of a refusal is told', async (t) => {
  const { stdout } = await runOf(t, '  - { name: a, request: GET /read/a, expect: { status: 200 } }\n')
  t.match(stdout, '      the gate says: no credential was sent\n')
})

t.test('--quiet shows only what fails', async (t) => {
  const { stdout } = await runOf(t, GOOD + BAD, '--quiet')
  t.notMatch(stdout, /✓/)
  t.match(stdout, /✗/)
  t.notMatch((await runOf(t, GOOD, '--quiet')).stdout, /open\n/)
})

t.test('a terminal sees colours, unless NO_COLOR is set', async (t) => {
  const file = writeCases(t, { cases: GOOD + BAD })
  t.match((await runCommand(test, [file], { isTTY: true })).stdout, '\u001b[32m✓\u001b[0m all may come')
  const plain = await runCommand(test, [file], { isTTY: true, env: { NO_COLOR: '1' } })
  t.notOk(plain.stdout.includes('\u001b'))
  t.notOk((await runCommand(test, [file])).stdout.includes('\u001b'))
})

t.test('--coverage shows what is covered, and with a share asks for it', async (t) => {
  const shown = await runOf(t, GOOD, '--coverage')
  t.equal(shown.code, 0)
  t.match(shown.stdout, /^WHAT +NAME +COVERED$/m)
  t.match(shown.stdout, /^route +open +yes$/m)
  t.match(
    shown.stdout,
    'not covered: check open: access, by a case with expect: { route: open, code: address_refused }',
  )
  for (const args of [['--coverage', '90%'], ['--coverage=90%']]) {
    const asked = await runOf(t, GOOD, ...args)
    t.equal(asked.code, 1)
    t.match(asked.stdout, /the tests cover \d+ %, 90 % are asked for; missing: route read, /)
  }
  t.equal((await runOf(t, GOOD, '--coverage', '1%')).code, 0)
})

t.test(
  'the file asks for a share of its own, which --coverage replaces and --filter leaves out',
  async (t) => {
    const file = writeCases(t, { cases: GOOD, more: 'coverage: 100%' })
    t.equal((await runCommand(test, [file])).code, 1)
    t.equal((await runCommand(test, [file, '--coverage', '1%'])).code, 0)
    t.equal((await runCommand(test, [file, '--filter', 'may'])).code, 0)
  },
)

t.test('--filter runs the cases that are called so', async (t) => {
  const { stdout } = await runOf(t, GOOD + LOST, '--filter', 'NOTHING')
  t.match(stdout, /✓ nothing there/)
  t.notMatch(stdout, /all may come/)
})

t.test('--json is one object', async (t) => {
  const { code, stdout, file } = await runOf(t, GOOD + BAD, '--json')
  t.equal(code, 1)
  t.match(JSON.parse(stdout), {
    good: false,
    files: [
      {
        file,
        good: false,
        problems: [],
        passed: 1,
        failed: 1,
        cases: [
          { name: 'all may come', route: 'open', passed: true, differences: [] },
          {
            line: 5,
            differences: [{ what: 'code', expected: 'key_missing', actual: 'null' }, { what: 'status' }],
          },
        ],
        coverage: { percent: 2 },
      },
    ],
  })
})

t.test('--reporter junit is XML with a failure for each case', async (t) => {
  const { stdout } = await runOf(t, GOOD + BAD, '--reporter', 'junit')
  t.match(
    stdout,
    /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites>\n {2}<testsuite name="[^"]+" tests="2" failures="1" time="\d+\.\d{3}">\n/,
  )
  t.match(stdout, /<testcase classname="open" name="all may come" file="[^"]+" line="4" time="[\d.]+"\/>/)
  t.match(
    stdout,
    /name="nobody &lt;gets&gt; in, 100%".*><failure message="code: expected key_missing, got null; status: expected 401, got 200"\/><\/testcase>/,
  )
  t.match(
    (await runOf(t, '  []', '--reporter', 'junit')).stdout,
    /failures="1".*\n.*<failure message="[^"]*`cases` must have/,
  )
})

t.test('--reporter github puts each failure beside its line', async (t) => {
  const { stdout, file } = await runOf(t, GOOD + BAD, '--reporter', 'github')
  const place = `file=${file},line=5,col=5,title=nobody <gets> in%2C 100%25`
  t.equal(
    stdout,
    `::error ${place}::code: expected key_missing, got null; status: expected 401, got 200\n${file}: 1 passed, 1 failed\n`,
  )
  const refused = await runOf(t, '  - { name: a }\n', '--reporter', 'github')
  t.match(refused.stdout, /^::error file=[^,]+,line=4,col=5,title=refused::`request` is missing/)
})

t.test('a file that is refused is exit code 1, beside others that are not', async (t) => {
  const bad = writeCases(t, { cases: '  - { name: a }\n' })
  const { code, stdout } = await runCommand(test, ['config/policy.test.yaml', bad, '--quiet'])
  t.equal(code, 1)
  t.match(stdout, /config\/policy\.test\.yaml: \d+ passed, 0 failed, 100 % covered/)
  t.match(stdout, /policy\.test\.yaml:4:5: `request` is missing[\s\S]*policy\.test\.yaml is refused\n$/)
})

t.test('a policy in the place of its tests is told as one', async (t) => {
  const dir = t.testdir({ 'mine.yaml': 'version: 1\nupstreams: {}\nroutes: []\n' })
  const file = join(dir, 'mine.yaml')
  const { code, stdout } = await runCommand(test, [file])
  t.equal(code, 1)
  const tests = join(dir, 'mine.test.yaml')
  t.equal(
    stdout,
    `${file}: this is a policy, not a test file: write sallyport test ${tests}, or sallyport check ${file}\n${file} is refused\n`,
  )
})

t.test('without a file the shipped tests are run', async (t) => {
  const { code, stdout } = await runCommand(test, [])
  t.equal(code, 0)
  t.match(stdout, /^config\/policy\.test\.yaml: \d+ passed, 0 failed, 100 % covered/m)
})

for (const args of [
  ['/nowhere.test.yaml'],
  ['--reporter', 'other'],
  ['--coverage=many'],
  ['--coverage', '200%'],
  ['--coverage', '90'],
  ['--coverage='],
  ['/'],
  [process.execPath],
  ['--wrong'],
  ['config/policy.test.yaml', '--filter', 'no case is called so'],
]) {
  t.test(`wrong use is exit code 2: ${args.join(' ')}`, async (t) => {
    const { code, stdout, stderr } = await runCommand(test, args)
    t.equal(code, 2)
    t.equal(stdout, '')
    t.match(stderr, /^sallyport test: /)
  })
}

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

t.test(
  '--watch runs again when the policy or the tests change, and ends when it is interrupted',
  async (t) => {
    const file = writeCases(t, { cases: GOOD })
    const child = spawn(process.execPath, [program, 'test', file, '--watch', '--quiet'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.teardown(() => void child.kill('SIGKILL'))
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const totals = async (): Promise<string> => {
      for (;;) {
        const { value, done } = await lines.next()
        if (done === true) return 'ended'
        if (/passed/.test(value)) return value
      }
    }
    t.match(await totals(), /1 passed, 0 failed/)
    writeFileSync(file, `${readFileSync(file, 'utf8')}${BAD}`)
    t.match(await totals(), /1 passed, 1 failed/)
    const policy = join(file, '../policy.yaml')
    writeFileSync(policy, readFileSync(policy, 'utf8').replace('path: /open }', 'path: /opened }'))
    t.match(await totals(), /0 passed, 2 failed/)
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    child.kill('SIGINT')
    t.equal(await ended, 1)
  },
)
