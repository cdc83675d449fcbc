import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { readSuite } from '../../src/cases/read.ts'
import { runSuite } from '../../src/cases/run.ts'
import { CODES } from '../../src/core/codes.ts'
import { CHECK_CODES } from '../../src/core/codes-checks.ts'
import { blocksOf, PAGES, readText, rowsUnder } from '../docs/markdown.ts'

/** Each file of policy tests in a document, with the policy that stands before it. */
const pairs = PAGES.flatMap((page) => {
  const blocks = blocksOf(readText(page)).filter(({ language }) => language === 'yaml')
  return blocks.flatMap(({ lines }, i) => {
    const [tests, policy] = [lines.join('\n'), blocks[i - 1]?.lines.join('\n') ?? '']
    // Where no whole policy stands before it, the page has a test of its own.
    return /^cases:/m.test(tests) && /^routes:/m.test(policy) ? [{ page, tests, policy }] : []
  })
})

t.ok(pairs.length > 0, 'there are some')
for (const { page, tests, policy } of pairs) {
  t.test(`${page}: its tests pass on its policy, and cover what they ask for`, async (t) => {
    const dir = t.testdir({ 'my-policy.yaml': policy })
    const file = join(dir, 'my-policy.test.yaml')
    writeFileSync(file, tests)
    const { suite, errors } = readSuite(file, {}, Date.now())
    t.strictSame(errors, [])
    if (suite === null) return
    const { results, coverage } = await runSuite(suite, { nowMs: Date.now() })
    t.strictSame(
      results.flatMap(({ name, differences }) => (differences.length === 0 ? [] : [name, ...differences])),
      [],
    )
    t.ok(coverage.percent >= (suite.coverage ?? 0), `${coverage.percent} % are covered`)
    t.equal(results.length, parse(tests).cases.length)
  })
}

t.test('docs/testing.md tells of each refusal of a check when it counts', async (t) => {
  const told = rowsUnder(readText('docs/testing.md'), 'What is covered')
    .flatMap(([codes = '']) => codes.split(', '))
    .filter((code) => code in CODES)
  // These count wherever a key or a credential is asked for.
  const always = ['key_invalid', 'credential_ambiguous']
  t.strictSame([...told, ...always].sort(), [...Object.keys(CHECK_CODES), 'credential_ambiguous'].sort())
})
