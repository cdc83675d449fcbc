import { execFileSync, spawn } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { type AuditOptions, createAudit } from '../../src/adapters/audit.ts'
import { forwarded } from './audit-records.ts'

type Line = { readonly type: string; readonly id?: string; readonly dropped?: number }

const CLOSE_MS = 2000
const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))

function auditTo(path: string, more: Partial<AuditOptions> = {}) {
  const problems: (string | null)[] = []
  const audit = createAudit({
    sinks: [{ type: 'file', path }],
    flushMs: 5,
    onProblem: (_sink, problem) => problems.push(problem),
    ...more,
  })
  return { audit, problems }
}

async function until(what: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!what()) {
    if (Date.now() > deadline) throw new Error('waited 10 s in vain')
    await turn()
  }
}

t.test('every record is one line of the file, in order', async (t) => {
  const path = join(t.testdir(), 'audit.jsonl')
  const { audit } = auditTo(path)
  for (let i = 0; i < 5000; i++) audit.record({ ...forwarded, id: String(i) })
  await audit.close(CLOSE_MS)
  t.strictSame(
    linesOf(readFileSync(path, 'utf8')).map(({ id }) => id),
    Array.from({ length: 5000 }, (_, i) => String(i)),
  )
  t.strictSame(audit.state(), { dropped: 0, problems: [] })
})

t.test('a lone record is written without waiting for more', async (t) => {
  const path = join(t.testdir(), 'audit.jsonl')
  const { audit } = auditTo(path)
  audit.record(forwarded)
  await until(() => readFileSync(path, 'utf8') !== '')
  await audit.close(CLOSE_MS)
})

t.test('several sinks get the same lines', async (t) => {
  const dir = t.testdir()
  const sinks = ['a', 'b'].map((name) => ({ type: 'file' as const, path: join(dir, name) }))
  const { audit } = auditTo('', { sinks })
  audit.record(forwarded)
  await audit.close(CLOSE_MS)
  t.equal(readFileSync(join(dir, 'a'), 'utf8'), readFileSync(join(dir, 'b'), 'utf8'))
})

t.test('a sink that cannot be opened is named', async (t) => {
  t.throws(() => auditTo(join(t.testdir(), 'none', 'audit.jsonl')), /audit sink .*none.*ENOENT/)
})

t.test('a named pipe that nobody reads is refused at once', async (t) => {
  const path = join(t.testdir(), 'pipe')
  execFileSync('mkfifo', [path])
  t.throws(() => auditTo(path), /ENXIO/)
})

t.test('S4 a line torn by a kill is ended, and the next record has its own line', async (t) => {
  const path = join(t.testdir({ 'audit.jsonl': '{"type":"request","id":"1"}\n{"type":"requ' }), 'audit.jsonl')
  const { audit } = auditTo(path)
  audit.record(forwarded)
  await audit.close(CLOSE_MS)
  const lines = readFileSync(path, 'utf8').split('\n')
  t.equal(lines.length, 4)
  t.equal(JSON.parse(lines[2] ?? '').id, forwarded.id)
})

t.test('S7 a full disk neither blocks nor throws; it is told once and counted', async (t) => {
  const { audit, problems } = auditTo('/dev/full', { maxQueuedBytes: 32_768 })
  for (let i = 0; i < 1000; i++) audit.record(forwarded)
  await until(() => problems.length > 0 && audit.state().dropped > 0)
  t.match(problems, [/ENOSPC/])
  t.match(audit.state().problems, [/\/dev\/full: ENOSPC/])
  await audit.close(CLOSE_MS)
})

t.test('S7 a blocked pipe loses lines beyond the bound, and the gap says how many', async (t) => {
  const path = join(t.testdir(), 'pipe')
  execFileSync('mkfifo', [path])
  const readerFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const { audit } = auditTo(path, { maxQueuedBytes: 100_000 })
  const count = 3000
  for (let i = 0; i < count; i++) audit.record(forwarded)
  await until(() => audit.state().dropped > 0)
  const seen: Line[] = []
  const child = spawn('cat', [], { stdio: [openSync(path, 'r'), 'pipe', 'inherit'] })
  closeSync(readerFd)
  const lines = createInterface({ input: child.stdout as Readable })
  for await (const line of lines) {
    seen.push(JSON.parse(line))
    if (seen.at(-1)?.type === 'audit_gap') void audit.close(CLOSE_MS)
  }
  const gaps = seen.filter(({ type }) => type === 'audit_gap')
  const told = gaps.reduce((sum, { dropped }) => sum + (dropped ?? 0), 0)
  t.equal(gaps.length, 1)
  t.equal(seen.length - gaps.length + told, count)
  t.equal(audit.state().dropped, told)
})

t.test('a reader that is gone (EPIPE) does no harm', async (t) => {
  const path = join(t.testdir(), 'pipe')
  execFileSync('mkfifo', [path])
  const readerFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const { audit, problems } = auditTo(path)
  closeSync(readerFd)
  audit.record(forwarded)
  await until(() => problems.length > 0)
  t.match(problems, [/EPIPE/])
  await audit.close(CLOSE_MS)
})

t.test('after a rotation lines go to the new file, and none is lost', async (t) => {
  const dir = t.testdir()
  const path = join(dir, 'audit.jsonl')
  const { audit } = auditTo(path)
  audit.record({ ...forwarded, id: 'before' })
  renameSync(path, join(dir, 'audit.1'))
  audit.reopen()
  audit.record({ ...forwarded, id: 'after' })
  await audit.close(CLOSE_MS)
  await until(() => readFileSync(join(dir, 'audit.1'), 'utf8') !== '')
  t.strictSame(
    linesOf(readFileSync(join(dir, 'audit.1'), 'utf8')).map(({ id }) => id),
    ['before'],
  )
  t.strictSame(
    linesOf(readFileSync(path, 'utf8')).map(({ id }) => id),
    ['after'],
  )
})

t.test('a reopen that fails keeps the old file', async (t) => {
  const dir = t.testdir({ logs: {} })
  const path = join(dir, 'logs', 'audit.jsonl')
  const { audit, problems } = auditTo(path)
  renameSync(join(dir, 'logs'), join(dir, 'moved'))
  audit.reopen()
  audit.record(forwarded)
  await audit.close(CLOSE_MS)
  t.match(problems, [/ENOENT/])
  t.equal(linesOf(readFileSync(join(dir, 'moved', 'audit.jsonl'), 'utf8')).length, 1)
})

t.test('writing that works again is told, and what waited is written', async (t) => {
  const dir = t.testdir()
  const path = join(dir, 'audit.jsonl')
  execFileSync('ln', ['-s', '/dev/full', path])
  const { audit, problems } = auditTo(path)
  audit.record(forwarded)
  await until(() => problems.length === 1)
  execFileSync('ln', ['-sfn', join(dir, 'real'), path])
  audit.reopen()
  audit.record({ ...forwarded, id: 'later' })
  await until(() => problems.length === 2)
  await audit.close(CLOSE_MS)
  t.equal(problems[1], null)
  t.match(linesOf(readFileSync(join(dir, 'real'), 'utf8')), [{ id: forwarded.id }, { id: 'later' }])
})

t.test('a process that must end at once has its lines written', async (t) => {
  const path = join(t.testdir(), 'audit.jsonl')
  const { audit } = auditTo(path, { flushMs: 60_000 })
  audit.record(forwarded)
  audit.flushNow()
  await until(() => readFileSync(path, 'utf8') !== '')
  t.equal(linesOf(readFileSync(path, 'utf8')).length, 1)
})
