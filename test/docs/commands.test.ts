import t, { type Test } from 'tap'
import { blocksOf, readText, rowsUnder } from './markdown.ts'
import { type Setting, startScene } from './scene.ts'
import { argumentsOf, runLine, SHELL_LINES, type ShellLine, shellLinesOf, statusesOf } from './shell.ts'

/** What the curl lines of a section speak to. */
interface Stage {
  readonly page: string
  readonly heading: string
  readonly setting: (t: Test) => Promise<Setting>
}

const STAGES: readonly Stage[] = [
  {
    page: 'README.md',
    heading: 'Try it',
    setting: async () => ({
      policy: readText('config/policy.yaml'),
      resources: JSON.parse(readText('scripts/demo/data.json')),
    }),
  },
  { page: 'README.md', heading: 'Protect your own API', setting: ownSetting },
  {
    page: 'docs/container.md',
    heading: 'With an API, by Compose',
    setting: async () => ({
      policy: readText('deploy/compose/policy/policy.yaml'),
      resources: JSON.parse(readText('deploy/legacy/db.json')),
    }),
  },
]

const linesIn = ({ page, heading }: Stage): readonly ShellLine[] =>
  SHELL_LINES.filter((line) => line.page === page && line.heading === heading)

const isCurl = ({ command }: ShellLine): boolean => command.startsWith('curl ')

/** As the README tells: what `keys new` prints goes into the policy. */
async function ownSetting(t: Test): Promise<Setting> {
  const stage = { page: 'README.md', heading: 'Protect your own API' }
  const line = SHELL_LINES.find(
    ({ heading, command }) => heading === stage.heading && /keys new/.test(command),
  )
  const { code, stdout } = await runLine(line?.command ?? 'false')
  t.equal(code, 0, 'keys new')
  const [key = ''] = /\bsp_live_\w+/.exec(stdout) ?? []
  const [entry = ''] = /- \{.*hash:.*\}/.exec(stdout) ?? []
  const block = blocksOf(readText(stage.page)).find(
    ({ heading, language }) => heading === stage.heading && language === 'yaml',
  )
  const policy = (block?.lines.join('\n') ?? '').replace(/- \{.*hash:.*\}/, entry)
  t.ok(policy.includes(entry) && entry !== '', 'the printed entry takes the place of the one in the README')
  return { policy, key, resources: { health: 'fine', orders: [] } }
}

for (const stage of STAGES) {
  t.test(`${stage.page}, ${stage.heading}: each curl line answers what stands beside it`, async (t) => {
    const scene = await startScene(t, await stage.setting(t))
    const curls = linesIn(stage).filter(isCurl)
    t.ok(curls.length > 0, 'there are lines to run')
    for (const { command, comment } of curls) {
      const wanted = /\b[1-5]\d\d\b/.exec(comment)?.[0]
      const statuses = await statusesOf(scene.moved(command), { KEY: scene.key })
      t.equal(statuses.at(-1), wanted, command)
    }
    for (const { command } of linesIn(stage).filter((line) => isAsked(line.command))) {
      const { code, stdout } = await runLine(scene.moved(command))
      t.equal(code, 0, `${command}: ${stdout}`)
    }
  })
}

/** What is asked of a policy before it is served. */
function isAsked(command: string): boolean {
  return ['check', 'explain'].includes(argumentsOf(command)?.[0] ?? '')
}

t.test(
  'every key that a document has made can be made, with an entry that has what was asked for',
  async (t) => {
    for (const { command } of SHELL_LINES.filter((line) => argumentsOf(line.command)?.[0] === 'keys')) {
      const { code, stdout } = await runLine(command)
      t.equal(code, 0, command)
      const [entry = ''] = /- \{.*hash:.*\}/.exec(stdout) ?? []
      for (const [, word = ''] of command.matchAll(/--(?:id|org|scopes|limits|routes) (\S+)/g)) {
        t.match(entry, word.replaceAll(',', ', '), command)
      }
    }
  },
)

const TESTING_PAGES: ReadonlySet<string> = new Set(['README.md', 'docs/testing.md'])

t.test('every run of policy tests that a document shows passes', async (t) => {
  const lines = SHELL_LINES.filter(({ page, command }) => TESTING_PAGES.has(page) && isTestRun(command))
  t.ok(lines.length > 0)
  for (const { command } of lines) t.equal((await runLine(command)).code, 0, command)
})

/** With `--watch` it ends when it is interrupted: test/cli/test.test.ts does that. */
function isTestRun(command: string): boolean {
  return argumentsOf(command)?.[0] === 'test' && !command.endsWith(' --watch')
}

/** Lines that nothing here can run: a test of their own does, or a tool that a test machine does not have. */
const ELSEWHERE = [
  /^npm ci && npm (?:start|test)$/,
  /^(?:docker|kubectl) /,
  /^printf %s 'sha256:…' > deploy\/compose\/secrets\/demo_key_hash$/,
]

/** Commands whose lines are run by the test of their page. */
const OF_THEIR_PAGE: ReadonlySet<string> = new Set(['diff', 'replay', 'test'])

/** Pages whose lines are run by a test of their own. */
const OWN_TEST: ReadonlySet<string> = new Set([
  'docs/ci.md',
  'docs/confidence.md',
  'docs/import.md',
  'docs/checks.md',
])

function isRun(line: ShellLine): boolean {
  if (OWN_TEST.has(line.page)) return true
  const isStaged = STAGES.some(({ page, heading }) => line.page === page && line.heading === heading)
  if (isCurl(line)) return isStaged
  const args = argumentsOf(line.command)
  if (args?.[0] === 'keys' || OF_THEIR_PAGE.has(args?.[0] ?? '')) return true
  // `serve` is what the stage starts.
  if (args !== null) return isStaged && (isAsked(line.command) || args[0] === 'serve')
  return ELSEWHERE.some((pattern) => pattern.test(line.command))
}

t.test('every line in the documents is run, or known to need more than there is here', async (t) => {
  t.strictSame(
    SHELL_LINES.filter((line) => !isRun(line)).map(({ page, command }) => `${page}: ${command}`),
    [],
  )
  t.notOk(isRun({ page: 'README.md', heading: 'Try it', command: 'make me a gate', comment: '' }))
})

t.test('lines are read with their comments and continuations', async (t) => {
  const text = '## A\n```sh\ncurl -i \\\n  x    # 200: "#1"\n\nnpm start\n```\n'
  t.strictSame(shellLinesOf('p.md', text), [
    { page: 'p.md', heading: 'A', command: 'curl -i x', comment: '200: "#1"' },
    { page: 'p.md', heading: 'A', command: 'npm start', comment: '' },
  ])
})

t.test('the README names the commands that there are, and the documents no others', async (t) => {
  const { stdout } = await runLine('npm run -s sallyport -- help')
  const known = [...stdout.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name = '']) => name)
  const told = rowsUnder(readText('README.md'), 'Commands').map(([command = '']) => command.split(' ')[0])
  t.strictSame(told.toSorted(), known.toSorted())
  const inImage = SHELL_LINES.flatMap(
    ({ command }) => /^docker run .* sallyport:[\d.]+ (\w+)/.exec(command)?.[1] ?? [],
  )
  t.strictSame(
    inImage.filter((name) => !known.includes(name)),
    [],
  )
})

t.test('every npm script that a document names is there', async (t) => {
  const scripts = Object.keys(JSON.parse(readText('package.json')).scripts)
  const named = [...readText('README.md').matchAll(/\bnpm run (?:-s )?(\w+)/g)].map(([, name = '']) => name)
  t.ok(named.length > 0)
  t.strictSame(
    named.filter((name) => !scripts.includes(name)),
    [],
  )
})

t.test('the demo prints the lines that the README shows', async (t) => {
  const script = readText('scripts/start.ts')
  for (const { command, comment } of SHELL_LINES.filter(
    (line) => line.heading === 'Try it' && isCurl(line),
  )) {
    const path = /127\.0\.0\.1:8080(\/[^\s']*)/.exec(command)?.[1] ?? ''
    t.match(script, `}${path}`, command)
    t.match(script, `# ${comment}`, command)
  }
})
