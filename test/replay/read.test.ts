import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { auditLine, gapLine } from '../../src/adapters/audit-line.ts'
import { auditLines, linesOf } from '../../src/replay/read.ts'
import { forwarded } from '../adapters/audit-records.ts'

const NO_STDIN = Readable.from([])

async function kindsOf(path: string, stdin: AsyncIterable<Uint8Array> = NO_STDIN): Promise<string[]> {
  const kinds: string[] = []
  for await (const { kind } of auditLines(path, stdin)) kinds.push(kind)
  return kinds
}

function written(t: Test, content: string | Uint8Array): string {
  const path = join(t.testdir(), 'audit.jsonl')
  writeFileSync(path, content)
  return path
}

const TEXT = `${auditLine(forwarded)}\n${gapLine(2, 0)}not JSON\n${auditLine(forwarded).slice(0, 50)}`
const KINDS = ['request', 'gap', 'broken', 'broken']

t.test('a file, its lines one by one; a torn end is a broken line', async (t) => {
  t.strictSame(await kindsOf(written(t, TEXT)), KINDS)
})

t.test('a compressed file, whatever its name; several members, too', async (t) => {
  t.strictSame(await kindsOf(written(t, gzipSync(TEXT))), KINDS)
  const members = Buffer.concat([gzipSync(auditLine(forwarded)), gzipSync(gapLine(1, 0))])
  t.strictSame(await kindsOf(written(t, members)), ['request', 'gap'])
})

t.test(
  'a compressed file that is cut short ends with a broken line; one that is damaged is told of',
  async (t) => {
    const packed = gzipSync(TEXT.repeat(2000))
    const kinds = await kindsOf(written(t, packed.subarray(0, packed.length - 20)))
    t.ok(kinds.length > 100, `${kinds.length} lines`)
    t.equal(kinds.at(-1), 'broken')
    const damaged = Buffer.from(packed).fill(0xff, 20, 60)
    await t.rejects(kindsOf(written(t, damaged)), { code: 'Z_DATA_ERROR' })
  },
)

t.test('standard input', async (t) => {
  t.strictSame(await kindsOf('-', Readable.from([Buffer.from(TEXT)])), KINDS)
  t.strictSame(await kindsOf('-', Readable.from([gzipSync(TEXT)])), KINDS)
  t.strictSame(await kindsOf('-'), [])
})

t.test('no such file', async (t) => {
  await t.rejects(kindsOf(join(t.testdir(), 'none.jsonl')), { code: 'ENOENT' })
})

t.test('a line without an end takes no memory, and the next one is read', async (t) => {
  const endless = 'x'.repeat(300 * 1024)
  t.strictSame(await kindsOf(written(t, `${endless}\n${gapLine(1, 0)}${endless}`)), [
    'broken',
    'gap',
    'broken',
  ])
})

t.test('wherever the pieces end, the lines are the same', async () => {
  const text = fc
    .array(fc.constantFrom('ab', 'ü', '\n', '{}', '\n\n'), { maxLength: 30 })
    .map((parts) => parts.join(''))
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 5 }), async (whole, size) => {
      const bytes = Buffer.from(whole)
      const pieces: Buffer[] = []
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
      const lines: (string | null)[] = []
      for await (const line of linesOf(Readable.from(pieces))) lines.push(line)
      const wanted = whole.split('\n').filter((line) => line !== '')
      return JSON.stringify(lines) === JSON.stringify(wanted)
    }),
  )
})

t.test('who stops reading leaves no file open', async (t) => {
  const path = written(t, TEXT.repeat(10_000))
  for await (const { kind } of auditLines(path, NO_STDIN)) {
    t.equal(kind, 'request')
    break
  }
})
