import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { floatingCalls } from './floating.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const sourcesOf = (folder: string): string[] =>
  existsSync(join(ROOT, folder))
    ? readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(folder, name))
    : []

t.test('no promise of a node: module or of tap is dropped', async (t) => {
  const files = ['src', 'test', 'bench', 'scripts'].flatMap(sourcesOf)
  t.ok(files.length > 0, 'there are files to look at')
  const findings = files.flatMap((file) =>
    floatingCalls(readFileSync(join(ROOT, file), 'utf8')).map((one) => `${file}:${one}`),
  )
  t.strictSame(findings, [])
})

t.test('a dropped call is found', async (t) => {
  const wait = "import { setTimeout as wait } from 'node:timers/promises'\n"
  t.strictSame(floatingCalls(`${wait}  wait(1)\n`), ['2: wait()'])
  t.strictSame(floatingCalls("import { readFile } from 'node:fs/promises'\nreadFile('x')\n"), [
    '2: readFile()',
  ])
  t.strictSame(floatingCalls("import { once } from 'node:events'\nonce(a, 'b')\n"), ['2: once()'])
  t.strictSame(floatingCalls('  t.rejects(work())\n'), ['1: t.rejects()'])
})

t.test('an awaited, returned or passed one is fine', async (t) => {
  const wait = "import { setTimeout as wait } from 'node:timers/promises'\n"
  for (const use of [
    'await wait(1)',
    'const a = () =>\n  wait(1)',
    'void wait(1)',
    'race([\n  wait(1),\n])',
  ]) {
    t.strictSame(floatingCalls(`${wait}${use}\n`), [])
  }
})
