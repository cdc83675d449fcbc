import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { diff } from '../../src/cli/diff.ts'
import { CHANGE_CODES } from '../../src/diff/codes.ts'
import { runCommand } from '../cli/output.ts'
import { blocksOf, readText, rowsUnder } from '../docs/markdown.ts'
import { argumentsOf, SHELL_LINES } from '../docs/shell.ts'
import { hashOf } from './scene.ts'

const PAGE = 'docs/diff.md'
const BLOCKS = blocksOf(readText(PAGE)).filter(({ heading }) => heading === 'Two policies')
const textsOf = (language: string): string[] =>
  BLOCKS.filter((block) => block.language === language).map(({ lines }) => `${lines.join('\n').trimEnd()}\n`)

t.test('the line of the page prints what the page shows', async (t) => {
  const folder = t.testdir()
  const [old = '', now = ''] = textsOf('yaml')
  writeFileSync(join(folder, 'old.yaml'), old)
  writeFileSync(join(folder, 'new.yaml'), now)
  const lines = SHELL_LINES.filter(({ page }) => page === PAGE)
  t.equal(lines.length, 1)
  const [name, ...args] = argumentsOf(lines[0]?.command ?? '') ?? []
  t.equal(name, 'diff')
  const moved = args.map((arg) => join(folder, arg))
  const { code, stdout } = await runCommand(diff, moved, { env: { ACME_HASH: hashOf(1) } })
  t.equal(code, 1)
  t.equal(stdout.replaceAll(`${folder}/`, ''), textsOf('text')[0])
})

t.test('the page has every code, and no other', async (t) => {
  const told = rowsUnder(readText(PAGE), 'Codes').map(([code, word]) => [code, word])
  const known = Object.entries(CHANGE_CODES).map(([code, { severity }]) => [code, severity.replace('_', ' ')])
  t.strictSame(told, known)
})
