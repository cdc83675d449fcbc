import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

// Put together here, so that this file holds none of them.
const FORBIDDEN = [
  ['TO', 'DO'],
  ['FIX', 'ME'],
  ['.on', 'ly('],
  ['biome-', 'ignore'],
  ['@ts-', 'ignore'],
  ['@ts-', 'nocheck'],
  ['@ts-expect-', 'error'],
  ['eslint-', 'disable'],
].map((parts) => parts.join(''))

const GENERATED = new Set(['package-lock.json'])

// The clone may belong to another user than the one who tests it, which git refuses unless told.
const listed = (...options: string[]): string[] =>
  execFileSync('git', ['-c', 'safe.directory=*', 'ls-files', '-z', ...options], {
    cwd: ROOT,
    encoding: 'utf8',
  })
    .split('\0')
    .filter((name) => name !== '')

/** What git tracks, and what it would after the next `git add`; not what was removed and is not yet committed. */
function textFiles(): [string, string][] {
  const removed = new Set(listed('--deleted'))
  return listed('--cached', '--others', '--exclude-standard', '--deduplicate')
    .filter((name) => !removed.has(name) && !GENERATED.has(name))
    .map((name) => [name, readFileSync(`${ROOT}${name}`, 'utf8')])
}

function findings(files: readonly (readonly [string, string])[]): string[] {
  return files.flatMap(([name, text]) =>
    FORBIDDEN.filter((word) => text.includes(word)).map((word) => `${name}: contains ${word}`),
  )
}

t.test('no file keeps a note to self or silences a check', async (t) => {
  const files = textFiles()
  t.ok(files.length > 0, 'there are files to look at')
  t.strictSame(findings(files), [])
})

t.test('the check finds each of them', async (t) => {
  for (const word of FORBIDDEN) t.strictSame(findings([['a.ts', `x ${word} y`]]), [`a.ts: contains ${word}`])
})
