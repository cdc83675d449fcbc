/**
 * Writes the settings tables of the policies' READMEs from their schemas, and the JSON Schemas of config/.
 * With `--check` it writes nothing and fails when one of them is not what it should be.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { testsJsonSchema } from '../src/cases/schema.ts'
import { withSettings } from '../src/config/describe.ts'
import { settingsOfFolder } from '../src/config/documented.ts'
import { policyJsonSchema } from '../src/config/json-schema.ts'

const ROOT = new URL('../', import.meta.url)

/** What each generated file should hold, by its path below the repository's root. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const files = new Map([
    ['config/policy.schema.json', policyJsonSchema()],
    ['config/policy.test.schema.json', testsJsonSchema()],
  ])
  for (const [folder, settings] of settingsOfFolder()) {
    const path = `src/policies/${folder}/README.md`
    const readme = readIfThere(path)
    const wanted = readme === null ? null : withSettings(readme, settings)
    if (wanted !== null) files.set(path, wanted)
  }
  return files
}

export function readIfThere(path: string): string | null {
  const url = new URL(path, ROOT)
  return existsSync(url) ? readFileSync(url, 'utf8') : null
}

function main(): void {
  const stale = [...generatedFiles()].filter(([path, wanted]) => readIfThere(path) !== wanted)
  for (const [path, wanted] of stale) {
    if (!process.argv.includes('--check')) writeFileSync(fileURLToPath(new URL(path, ROOT)), wanted)
    console.log(path)
  }
  if (stale.length > 0 && process.argv.includes('--check')) process.exitCode = 1
}

if (import.meta.main) main()
