import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { askChild, meterOf, parseStat } from '../../bench/cpu.ts'

const reporter = new URL('../../bench/cpu-reporter.ts', import.meta.url).href
/** Says `ready`, and burns 200 ms of CPU at each line it reads. */
const burner = `
  process.stdin.on('data', () => {
    for (const end = performance.now() + 200; performance.now() < end;);
    process.stdout.write('burnt')
  })
  process.stdout.write('ready')`

async function startChild(t: { teardown: (f: () => void) => void }, script: string): Promise<ChildProcess> {
  const stdio = ['pipe', 'pipe', 'inherit', 'ipc'] as const
  const child = spawn(process.execPath, ['--import', reporter, '-e', script], { stdio: [...stdio] })
  t.teardown(() => child.kill('SIGKILL'))
  await outputOf(child)
  return child
}

async function outputOf(child: ChildProcess): Promise<void> {
  if (child.stdout !== null) await once(child.stdout, 'data')
}

t.test('a command name with spaces and parentheses does not shift the fields', async (t) => {
  const fields = Array.from({ length: 50 }, (_, i) => String(i + 3))
  const stat = parseStat(`42 (a (b) c) ${fields.join(' ')}`)
  t.strictSame(stat, { pid: 42, parent: 4, ticks: 14 + 15 + 16 + 17, rssPages: 24 })
})

t.test('the child says over IPC what it has used', async (t) => {
  const child = await startChild(t, burner)
  const before = await askChild(child)
  child.stdin?.write('burn')
  await outputOf(child)
  const after = await askChild(child)
  t.ok(after.cpuMicros > before.cpuMicros)
  t.ok(after.rssBytes > 1_000_000)
})

t.test('the work of a grandchild is counted', { skip: process.platform !== 'linux' }, async (t) => {
  const nested = `
    const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(burner)}])
    process.stdin.pipe(child.stdin)
    child.stdout.pipe(process.stdout)
    process.on('SIGTERM', () => { child.kill(); process.exit() })`
  const child = await startChild(t, nested)
  t.teardown(() => child.kill('SIGTERM'))
  const meter = meterOf(child)
  const [before, parentBefore] = [await meter(), await askChild(child)]
  child.stdin?.write('burn')
  await outputOf(child)
  const [after, parentAfter] = [await meter(), await askChild(child)]
  t.ok(after.cpuMicros - before.cpuMicros > parentAfter.cpuMicros - parentBefore.cpuMicros)
})
