import { mkdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Fingerprints } from '../../src/runtime/fingerprint.ts'

const LARGE_BYTES = 2 * 1024 * 1024

for (const bytes of [10, LARGE_BYTES]) {
  t.test(
    `a change of one byte in a file of ${bytes} bytes is seen, the same content again is not`,
    async (t) => {
      const file = join(t.testdir({ a: 'x'.repeat(bytes) }), 'a')
      const prints = new Fingerprints()
      const before = prints.of([file])
      writeFileSync(file, `${'x'.repeat(bytes - 1)}y`)
      const after = prints.of([file])
      t.not(after, before)
      writeFileSync(file, readFileSync(file))
      t.equal(prints.of([file]), after)
      utimesSync(file, 1, 1)
      t.equal(prints.of([file]), after)
    },
  )
}

t.test(
  'a file that is absent, a folder or too large counts as such, and is seen when it changes',
  async (t) => {
    const dir = t.testdir({ a: '' })
    const [file, absent, folder] = [join(dir, 'a'), join(dir, 'b'), join(dir, 'c')]
    mkdirSync(folder)
    const prints = new Fingerprints()
    t.equal(prints.of([absent]).replace(absent, ''), prints.of([folder]).replace(folder, ''))
    truncateSync(file, 65 * 1024 * 1024)
    const large = prints.of([file])
    t.equal(large.replace(file, ''), prints.of([absent]).replace(absent, ''))
    truncateSync(file, LARGE_BYTES)
    t.not(prints.of([file]), large)
    rmSync(file)
    t.equal(prints.of([file]), large)
  },
)
