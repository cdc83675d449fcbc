import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createAudit } from '../../src/adapters/audit.ts'
import { forwarded } from './audit-records.ts'

t.test('events are lines among the records, in order', async (t) => {
  const path = join(t.testdir(), 'audit.jsonl')
  const audit = createAudit({ sinks: [{ type: 'file', path }], onProblem: () => undefined })
  const event = { type: 'admin', time: '1970-01-01T00:00:00.000Z', who: 'ab', good: true }
  audit.record(forwarded)
  audit.event(event)
  audit.record(forwarded)
  await audit.close(2000)
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  t.strictSame(
    lines.map((line) => JSON.parse(line).type),
    ['request', 'admin', 'request'],
  )
  t.strictSame(JSON.parse(lines[1] ?? ''), event)
})

t.test('nothing in an event can end its line or command a terminal', async (t) => {
  const path = join(t.testdir(), 'audit.jsonl')
  const audit = createAudit({ sinks: [{ type: 'file', path }], onProblem: () => undefined })
  const action = 'a\r\n\u001b[2J\u009b\u0085\u2028\u2029\u007f\u202e"'
  audit.event({ type: 'admin', time: '', action })
  await audit.close(2000)
  const text = readFileSync(path, 'utf8')
  t.match(text, /^[ -~]+\n$/)
  t.equal(JSON.parse(text).action, action)
})
