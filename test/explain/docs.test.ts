import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { auditLine } from '../../src/adapters/audit-line.ts'
import { explanationText } from '../../src/cli/explain-text.ts'
import { MAX_RECENT, RecentRecords } from '../../src/runtime/recent.ts'
import { forwarded } from '../adapters/audit-records.ts'
import { adminScene, TOKEN } from '../admin/scene.ts'
import { blocksOf, readText } from '../docs/markdown.ts'
import { runLine, shellLinesOf, statusesOf } from '../docs/shell.ts'
import { ask, worldOf } from './scene.ts'

const PAGE = 'docs/explain.md'
const ENV = { SALLYPORT_ADMIN_TOKEN: TOKEN }
const blocks = blocksOf(readText(PAGE))
const policy = blocks.find(({ language }) => language === 'yaml')?.lines.join('\n') ?? ''
const ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const refused = { ...forwarded, id: ID, outcome: 'refuse', code: 'scope_missing', status: 403 } as const

/** What the page is about: its policy, a gate that remembers a request, and an audit file. */
async function scene(t: Test) {
  const recent = new RecentRecords()
  recent.record(refused)
  const text = policy.replace('SALLYPORT_ADMIN_TOKEN', 'ADMIN_TOKEN')
  const { url } = await adminScene(t, text, undefined, { recent })
  const file = join(t.testdirName, 'my-policy.yaml')
  writeFileSync(file, policy)
  mkdirSync(join(t.testdirName, 'log'))
  writeFileSync(join(t.testdirName, 'log', 'audit.jsonl'), auditLine(refused))
  return (line: string): string =>
    line
      .replaceAll('my-policy.yaml', file)
      .replaceAll('/var/log/sallyport', join(t.testdirName, 'log'))
      .replaceAll('http://127.0.0.1:9902', url)
}

t.test('each line of the page runs, with the exit code or status beside it', async (t) => {
  const moved = await scene(t)
  const text = blocks
    .filter(({ language }) => language === 'bash')
    .map(({ lines }) => `\`\`\`sh\n${lines.join('\n')}\n\`\`\`\n`)
  const lines = shellLinesOf(PAGE, text.join(''))
  t.equal(lines.length, 9)
  for (const { command, comment } of lines) {
    if (command.startsWith('curl ')) t.strictSame(await statusesOf(moved(command), ENV), [comment], command)
    else t.equal(`exit ${(await runLine(moved(command), ENV)).code}`, comment, command)
  }
})

t.test('the page says how many requests are remembered', async (t) => {
  t.match(readText(PAGE), `remembers its latest ${MAX_RECENT} requests`)
})

t.test('the text of the page is what the command prints', async (t) => {
  const shown = blocks.find(({ language }) => language === 'text')?.lines ?? []
  const question = { method: 'POST', target: '/api/refunds', key: 'acme-prod', ip: '192.0.2.7' }
  const said = await ask(worldOf(policy, ENV), { ...question, at: '2026-03-01T09:00:00Z' })
  const nowhere = { write: () => undefined }
  const text = explanationText(said, { stdout: nowhere, stderr: nowhere, env: {} })
  const hashless = (one: string) => one.replace(/ {2}policy .*/, '')
  t.equal(shown.at(-1), '…')
  t.ok(hashless(text).startsWith(hashless(`${shown.slice(0, -1).join('\n')}\n`)), text)
})
