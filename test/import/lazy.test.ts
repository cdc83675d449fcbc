import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const ROOT = join(import.meta.dirname, '..', '..')
const STATIC = /^(?:import|export) (?!type )(?:[^'"()=]* from )?'([^']+)'/gm

/** Packages and files that are loaded with a file. */
function loadedWith(start: string): Set<string> {
  const loaded = new Set<string>()
  const open = [join(ROOT, start)]
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (loaded.has(file)) continue
    loaded.add(file)
    if (!file.startsWith(ROOT)) continue
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(STATIC)) {
      open.push(specifier.startsWith('.') ? join(file, '..', specifier) : specifier)
    }
  }
  return loaded
}

t.test('a process that serves loads nothing that reads OpenAPI documents', async (t) => {
  const served = loadedWith('src/main.ts')
  t.ok(served.has(join(ROOT, 'src/cli/import.ts')), 'the command itself is there')
  t.strictSame(
    [...served].filter((one) => one.includes('src/import/document') || one.startsWith('@seriousme')),
    [],
  )
  t.ok(loadedWith('src/import/openapi.ts').has(join(ROOT, 'src/import/starter.ts')), 'imports are followed')
  t.ok(loadedWith('src/import/document.ts').has('@seriousme/openapi-schema-validator'))
})
