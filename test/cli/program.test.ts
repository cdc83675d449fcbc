import t from 'tap'
import { runLine } from './terminal.ts'

const COMMANDS = [
  'serve',
  'check',
  'explain',
  'test',
  'import',
  'keys',
  'limits',
  'schema',
  'health',
  'version',
  'help',
]
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  import: ['openapi'],
  keys: ['new'],
  limits: ['show'],
}

t.test('without a command the overview is shown, and it is wrong use', async (t) => {
  const { code, stderr } = await runLine()
  t.equal(code, 2)
  for (const name of COMMANDS) t.match(stderr, `  ${name} `)
})

t.test('help lists every command, and --help is the same', async (t) => {
  const { code, stdout } = await runLine('help')
  t.equal(code, 0)
  for (const name of COMMANDS) t.match(stdout, `  ${name} `)
  t.strictSame(await runLine('--help'), await runLine('help'))
})

for (const name of COMMANDS) {
  t.test(`help ${name} has an example`, async (t) => {
    const { code, stdout } = await runLine('help', name)
    t.equal(code, 0)
    t.match(stdout, /^Example:\n {2}sallyport /m)
  })
}

for (const name of ['serve', 'check', 'explain', 'test', 'import', 'keys', 'limits', 'schema', 'health']) {
  t.test(`${name} --help is its help`, async (t) => {
    t.strictSame(await runLine(name, '--help'), await runLine('help', name))
  })
  t.test(`${name} refuses an unknown option with exit code 2`, async (t) => {
    const args = [name, ...(ACTIONS[name] ?? []), '--nonsense']
    const { code, stderr } = await runLine(...args)
    t.equal(code, 2)
    t.match(stderr, /nonsense/)
    t.match(stderr, `sallyport ${name} --help`)
  })
}

t.test('an unknown command is told with the nearest one', async (t) => {
  t.match(await runLine('srve'), { code: 2, stderr: /no command srve, did you mean serve\?/ })
  t.match(await runLine('help', 'chekc'), { code: 2, stderr: /did you mean check\?/ })
})

t.test('an unknown option is told with the nearest one', async (t) => {
  t.match(await runLine('serve', '--polici', 'x'), {
    code: 2,
    stderr: /unknown option --polici, did you mean --policy\?/,
  })
})

t.test('help and version are commands like the others', async (t) => {
  t.strictSame(await runLine('help', '--help'), await runLine('help', 'help'))
  t.match(await runLine('help', '--help'), { code: 0, stdout: /^sallyport help \[COMMAND\]/, stderr: '' })
  t.match(await runLine('version', '--help'), { code: 0, stdout: /^sallyport version\n\n/ })
  t.match(await runLine('version', 'x'), { code: 2, stdout: '', stderr: /sallyport version --help/ })
  t.match(await runLine('help', 'serve', 'check'), { code: 2, stdout: '', stderr: /name one command/ })
})

t.test('a hostile command name cannot command the terminal', async (t) => {
  t.notOk((await runLine('\u001b[2Jx\n')).stderr.includes('\u001b'))
})

t.test('the version is the one of package.json', async (t) => {
  t.match(await runLine('--version'), { code: 0, stdout: /^sallyport \d+\.\d+\.\d+ on Node \d+/ })
})
