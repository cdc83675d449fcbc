import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** An id where a text begins with it: quotes, or the field of a table of rows. */
const NAMED = /['"`](V\d{2,3})\b/g
/** Tests of the catalogue itself. */
const ABOUT_ROWS = new Set(['test/hostile/rows.test.ts'])

/** Test files whose tests carry ids of the catalogue in their names, with the ids; paths below the repository's root. */
export function filesWithRows(): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>()
  for (const file of testFiles()) {
    const text = readFileSync(join(ROOT, file), 'utf8')
    const ids = new Set([...text.matchAll(NAMED)].map(([, id = '']) => id))
    if (ids.size > 0) found.set(file, ids)
  }
  return found
}

function testFiles(): readonly string[] {
  return readdirSync(join(ROOT, 'test'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((file) => !ABOUT_ROWS.has(file))
    .sort()
}
