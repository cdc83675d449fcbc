/**
 * Rebuilds tap without its TypeScript plug-in (`.taprc`), once after each install: what tap builds lies in
 * node_modules, and its runner loads the old set before it would rebuild by itself. Node strips the types.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

// Read, not imported: the set's plug-ins load in a fixed order that only tap itself keeps.
const built = readFileSync(new URL(import.meta.resolve('@tapjs/test/built')), 'utf8')

if (built.includes('@tapjs/typescript')) {
  const { status } = spawnSync('tap', ['build'], { stdio: 'inherit', timeout: 120_000 })
  process.exitCode = status ?? 1
}
