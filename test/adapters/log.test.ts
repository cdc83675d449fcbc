import { deepStrictEqual as deepEqual, match } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'

const log = new URL('../../src/adapters/log.ts', import.meta.url).href

/** Runs a program that logs, and gives back what stands on standard error. `TEXTS` is what it has for texts. */
async function logged(isTerminal: boolean, code: string, texts: readonly string[] = []): Promise<string> {
  const program = `import { createLog } from ${JSON.stringify(log)}; const log = createLog(${isTerminal});
    const TEXTS = ${JSON.stringify(texts)}; ${code}`
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

const HOSTILE = [
  '\u0122,"type":"request","forged":true\u010a',
  '\n{"type":"request","forged":true}',
  '\nerror: forged',
  '\r\u001b[2J\u009b2J\u0007\u007f\u0085',
  '\u202e\u2066\u200f\u061c',
  '\u2028\u2029',
  '\ud800',
  '…',
  'grüße',
  '😀',
]
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 150 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
    .map((units) => String.fromCharCode(...units)),
  fc.array(fc.constantFrom(...HOSTILE), { maxLength: 8 }).map((parts) => parts.join('')),
)
const TEXTS = [...HOSTILE, ...fc.sample(anyText, 300)]
const LOG_EACH = 'for (const text of TEXTS) log.warn(text, { why: text, problems: [text], deep: { text } })'

t.test(
  'V102 whatever is logged is one line of printable ASCII that parses back to the same text',
  async () => {
    const text = await logged(false, LOG_EACH, TEXTS)
    match(text, /^[ -~\n]*$/)
    const lines = text.split('\n')
    deepEqual(lines.pop(), '')
    deepEqual(
      lines.map((line) => {
        const { msg, why, problems, deep } = JSON.parse(line)
        return { msg, why, problems, deep }
      }),
      TEXTS.map((one) => ({ msg: one, why: one, problems: [one], deep: { text: one } })),
    )
  },
)

/** The line feed is the log's own. */
const NOT_FOR_A_TERMINAL = /[^\P{Cc}\n]|[\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

t.test(
  'V102 a terminal gets readable UTF-8, no control characters, and no line that is not ours',
  async (t) => {
    const text = await logged(true, LOG_EACH, TEXTS)
    t.notMatch(text, NOT_FOR_A_TERMINAL)
    const starts = text.split('\n').filter((line) => !line.startsWith('    '))
    t.equal(starts.pop(), '')
    t.equal(starts.length, TEXTS.length)
    t.ok(starts.every((line) => line.startsWith('warning: ')))
    t.match(text, '    why: grüße\n')
    t.match(text, 'warning: 😀\n')
  },
)

t.test('a stack stays readable on a terminal', async (t) => {
  const text = await logged(true, "log.error('e', { error: 'Error: x\\n    at y' })")
  t.equal(text, 'error: e\n    error: Error: x\n            at y\n')
})
