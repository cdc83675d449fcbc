import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { reportText } from '../../src/cli/report-text.ts'
import { Report } from '../../src/report/report.ts'
import { forwarded } from '../adapters/audit-records.ts'
import { adminScene, TOKEN } from '../admin/scene.ts'
import { blocksOf, readText } from '../docs/markdown.ts'
import { runLine } from '../docs/shell.ts'

const PAGE = 'docs/report.md'
const blocks = blocksOf(readText(PAGE)).filter(({ heading }) => heading === 'Reading it')
const NOBODY = { kind: 'anonymous', subject: '', org: '', keyId: '', authenticator: '' } as const

/** What the page shows: seven requests, of which four would have been refused. */
function shownReport(): Report {
  const report = new Report()
  const trails = [
    ['auth', 'key_missing'],
    ['limit', 'rate_limited'],
    null,
    ['limit', 'rate_limited'],
    ['auth', 'key_missing'],
    null,
    null,
  ] as const
  for (const [i, trail] of trails.entries()) {
    report.record({
      ...forwarded,
      id: trail?.[0] === 'limit' ? '5cf92f3577b34da6a3ce929d0e0e4737' : '4bf92f3577b34da6a3ce929d0e0e4736',
      atMs: Date.UTC(2026, 2, 1, 9, 0, Math.min(i, 4)),
      principal: trail?.[0] === 'auth' ? NOBODY : forwarded.principal,
      trail: trail === null ? [] : [{ check: trail[0], verdict: 'report', code: trail[1] }],
    })
  }
  return report
}

t.test('the table of the page is what the command prints', async (t) => {
  const [shown] = blocks.filter(({ language }) => language === 'text')
  t.equal(`${shown?.lines.join('\n')}\n`, reportText(shownReport().told()))
})

t.test('each line of the page runs, and finds something', async (t) => {
  const { url } = await adminScene(t, undefined, undefined, { report: shownReport() })
  const log = join(t.testdirName, 'log')
  mkdirSync(log, { recursive: true })
  const line = { type: 'request', time: new Date().toISOString(), id: 'a', route: 'a', outcome: 'forward' }
  const text = `${JSON.stringify({ ...line, reported: ['key_missing'] })}\n`
  writeFileSync(join(log, 'audit.jsonl'), text)
  writeFileSync(join(log, 'audit.jsonl.1.gz'), gzipSync(text))
  const lines = blocks.filter(({ language }) => language === 'bash').flatMap((block) => block.lines)
  t.equal(lines.length, 3)
  for (const command of lines) {
    const moved = command.replaceAll('/var/log/sallyport', log).replace('http://127.0.0.1:9902', url)
    const { code, stdout } = await runLine(moved, { SALLYPORT_ADMIN_TOKEN: TOKEN })
    t.equal(code, 1, command)
    t.match(stdout, /key_missing/, command)
  }
})
