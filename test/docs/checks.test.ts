import t from 'tap'
import { checkPolicy } from '../../src/config/checks/check-policy.ts'
import { CHECK_CODES, docsOf } from '../../src/config/checks/codes.ts'
import { HASH, NOW_MS } from '../config/compiling.ts'
import { anchorsOf, type Block, blocksOf, readText } from './markdown.ts'
import { runLine, SHELL_LINES } from './shell.ts'

const PAGE = 'docs/checks.md'
const page = readText(PAGE)
const EXPIRES_WITHIN_MS = 30 * 86_400_000
/** What has no example: it takes two hundred problems. */
const WITHOUT_EXAMPLE = ['more-problems']

const blocksUnder = (heading: string): readonly Block[] =>
  blocksOf(page).filter((block) => block.heading === heading)

/** What the page leaves out of its examples. */
const KEYS = `keys: [{ id: any, hash: "${HASH}" }]`

function wholeOf(lines: readonly string[]): string {
  const asksForKey = lines.some((line) => /auth: key/.test(line))
  const hasKeys = lines.some((line) => line.startsWith('keys:'))
  return ['version: 1', ...lines, ...(asksForKey && !hasKeys ? [KEYS] : []), ''].join('\n')
}

/** The policies under a heading, each checked with the JSON that stands there as the schema it names. */
function checkedUnder(heading: string) {
  const blocks = blocksUnder(heading)
  const schema = blocks.find(({ language }) => language === 'json')?.lines.join('\n') ?? '{}'
  return blocks
    .filter(({ language }) => language === 'yaml')
    .map(({ lines }) =>
      checkPolicy(wholeOf(lines), {
        file: heading,
        readText: () => schema,
        env: {},
        nowMs: NOW_MS,
        expiresWithinMs: EXPIRES_WITHIN_MS,
      }),
    )
}

t.test('every code has a heading, and every heading of that kind is a code', async (t) => {
  const headings = [...page.matchAll(/^### (.+)$/gm)].map(([, heading = '']) => heading)
  t.strictSame(headings.toSorted(), Object.keys(CHECK_CODES).toSorted())
  const anchors = anchorsOf(page)
  for (const code of Object.keys(CHECK_CODES) as (keyof typeof CHECK_CODES)[]) {
    t.ok(docsOf(code).startsWith(`${PAGE}#`) && anchors.has(docsOf(code).slice(PAGE.length + 1)), code)
  }
})

for (const [code, { severity }] of Object.entries(CHECK_CODES)) {
  if (WITHOUT_EXAMPLE.includes(code)) continue
  t.test(`${code}: the example has this problem`, async (t) => {
    const results = checkedUnder(code)
    t.equal(results.length, 1)
    for (const { compiled, problems } of results) {
      t.ok(problems.some((problem) => problem.code === code && problem.severity === severity))
      t.equal(compiled.policy === null, severity === 'error')
      const others = problems.filter((problem) => problem.code !== code).map((problem) => problem.code)
      // A comment that silences nothing leaves what it should have silenced.
      t.strictSame(code === 'allow-without-reason' ? [] : others, [], 'and no other')
    }
  })
}

t.test('the example of a comment silences its warning', async (t) => {
  const [result] = checkedUnder('Silencing')
  t.strictSame(result?.problems, [])
  t.match(result?.silenced, [{ code: 'write-without-auth', reason: /contact form/ }])
})

t.test('a shorter text makes the slow pattern harmless', async (t) => {
  const policy = blocksUnder('pattern-slow').find(({ language }) => language === 'yaml')
  const schema =
    blocksUnder('pattern-slow')
      .find(({ language }) => language === 'json')
      ?.lines.join('\n') ?? ''
  const { problems } = checkPolicy(wholeOf(policy?.lines ?? []), {
    file: 'p',
    readText: () => schema.replace('"pattern"', '"maxLength": 2000, "pattern"'),
    env: {},
    nowMs: NOW_MS,
    expiresWithinMs: EXPIRES_WITHIN_MS,
  })
  t.strictSame(problems, [])
})

t.test('the commands of the page find the shipped policies free of warnings', async (t) => {
  const lines = SHELL_LINES.filter((line) => line.page === PAGE)
  t.ok(lines.some(({ command }) => command.includes('config/policy.yaml')))
  t.ok(lines.some(({ command }) => command.includes('config/tiers.yaml')))
  for (const { command } of lines) {
    const { code, stdout } = await runLine(command)
    t.equal(code, 0, command)
    t.notMatch(stdout, /warning/, command)
  }
})
