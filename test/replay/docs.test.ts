import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { auditLine } from '../../src/adapters/audit-line.ts'
import { readLine } from '../../src/replay/line.ts'
import { BASIS, forwarded } from '../adapters/audit-records.ts'
import { blocksOf, readText, rowsUnder } from '../docs/markdown.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url))
const HEADING = 'An example'

const blockOf = (language: string): string => {
  const block = blocksOf(readText('docs/replay.md')).find((one) => {
    return one.heading === HEADING && one.language === language
  })
  return block?.lines.join('\n') ?? ''
}

t.test('the example of docs/replay.md says what it says', async (t) => {
  const cwd = t.testdir({ 'audit.jsonl': blockOf('json'), 'new.yaml': `${blockOf('yaml')}\n` })
  const args = blockOf('sh').split(' ').slice(1)
  const ran = await new Promise<{ code: unknown; stdout: string }>((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { cwd }, (error, stdout) => {
      resolve({ code: error?.code ?? 0, stdout })
    })
  })
  t.strictSame(ran, { code: 1, stdout: `${blockOf('text')}\n` })
})

t.test('docs/audit.md has every field of a line, and no other', async (t) => {
  const basis = {
    ...BASIS,
    during: 1,
    waitedMs: 1,
    peer: '10.0.0.1',
    websocket: true,
    bodyBytes: 1,
    origin: 'https://a.example',
    preflight: { method: 'GET', headers: null },
    shown: 'unknown' as const,
  }
  const trail = [{ check: 'limit', verdict: 'report', code: 'rate_limited' }] as const
  const line = JSON.parse(auditLine({ ...forwarded, warnings: ['plan:80'], trail, basis }))
  const told = rowsUnder(readText('docs/audit.md'), 'The fields')
    .flatMap(([cell = '']) => cell.split(', '))
    .map((name) => name.replaceAll('`', ''))
  t.strictSame(told.toSorted(), Object.keys(line).toSorted())
})

t.test('the lines of both pages are lines of ours', async (t) => {
  for (const page of ['docs/audit.md', 'docs/replay.md']) {
    const lines = blocksOf(readText(page))
      .filter(({ language }) => language === 'json')
      .flatMap((one) => one.lines)
    t.ok(lines.length > 1)
    for (const line of lines) t.match(readLine(line).kind, /^(?:request|gap)$/)
  }
})
