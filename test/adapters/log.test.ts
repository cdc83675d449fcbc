import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import t from 'tap'

const log = new URL('../../src/adapters/log.ts', import.meta.url).href

/** Runs a program that logs, and gives back what stands on standard error. */
async function logged(isTerminal: boolean, code: string): Promise<string> {
  const program = `import { createLog } from ${JSON.stringify(log)}; const log = createLog(${isTerminal}); ${code}`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  const chunks: Buffer[] = []
  ;(child.stderr as Readable).on('data', (chunk) => chunks.push(chunk))
  await once(child, 'close')
  return Buffer.concat(chunks).toString()
}

t.test('lines are JSON with level and time', async (t) => {
  const text = await logged(
    false,
    `log.info('serving', { port: 1 }); log.warn('w'); log.error('e', { problems: ['a\\nb'] })`,
  )
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.match(lines, [
    { level: 'info', msg: 'serving', port: 1, time: /^\d{4}-\d\d-\d\dT/ },
    { level: 'warn', msg: 'w' },
    { level: 'error', msg: 'e', problems: ['a\nb'] },
  ])
})

t.test('for a terminal they are plain text', async (t) => {
  const text = await logged(
    true,
    `log.info('serving', { port: 1 }); log.error('refused', { problems: ['a', 'b'] })`,
  )
  t.equal(text, 'serving\n    port: 1\nerror: refused\n    problems: \n      a\n      b\n')
})

t.test('V102 what is logged cannot command the terminal', async (t) => {
  const text = await logged(true, `log.warn('x', { why: '\\u001b[2J\\u009b2J\\u0007' })`)
  t.notOk(['\u001b', '\u009b', '\u0007'].some((control) => text.includes(control)))
})

t.test('a process that must end at once still says why', async (t) => {
  const text = await logged(
    false,
    `log.error('the end'); log.error('at once'); log.flushNow(); process.exit(1)`,
  )
  t.match(text, 'the end')
  t.match(text, 'at once')
})
