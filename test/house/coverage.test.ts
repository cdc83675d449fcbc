import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'

const SRC = fileURLToPath(new URL('../../src', import.meta.url))
const IGNORE = /\b(?:c8|v8|istanbul|node:coverage)\s+(?:ignore|disable)/

const files = ['core', 'policies'].flatMap((folder) =>
  readdirSync(join(SRC, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(SRC, folder, name)),
)

t.test('nothing in core and policies is taken out of the coverage', async (t) => {
  t.ok(files.length > 0, 'there are files to look at')
  t.strictSame(
    files.filter((file) => IGNORE.test(readFileSync(file, 'utf8'))),
    [],
  )
})

t.test('the check knows an ignore comment', async (t) => {
  for (const tool of ['c8', 'v8', 'istanbul']) t.match(`/* ${tool} ${'ignore'} next */`, IGNORE)
})

// A file that no test loads would be missing from the coverage instead of counting as uncovered.
t.test('every file of core and policies is loaded, so that each counts', async () => {
  await Promise.all(files.map((file) => import(pathToFileURL(file).href)))
})
