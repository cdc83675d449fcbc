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

t.test('a process that serves loads nothing of what is asked offline, nor an admin listener', async (t) => {
  const served = loadedWith('src/main.ts').union(loadedWith('src/cli/serve.ts'))
  t.ok(served.has(join(ROOT, 'src/http/gate.ts')), 'the gate itself is there')
  const foreign = /src\/(?:import|diff|replay|admin)\/|src\/config\/checks\/check-policy|@seriousme/
  t.strictSame(
    [...served].filter((one) => foreign.test(one)),
    [],
  )
  t.ok(loadedWith('src/import/openapi.ts').has(join(ROOT, 'src/import/starter.ts')), 'imports are followed')
  t.ok(loadedWith('src/import/document.ts').has('@seriousme/openapi-schema-validator'))
})
