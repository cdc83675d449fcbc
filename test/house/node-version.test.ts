import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const run = (node: string, args: string[]) =>
  spawnSync(node, args, { cwd: ROOT, encoding: 'utf8', timeout: 20_000 })

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A Node of the machine that is older than what Sallyport runs on. */
function oldNode(): string | undefined {
  const folders = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'))
  return folders
    .map((folder) => join(folder, 'node'))
    .filter(isExecutable)
    .find((node) => Number(run(node, ['-p', 'process.versions.node.split(".")[0]']).stdout) < 24)
}

t.test('on a Node below 24 the command says so and exits 2', async (t) => {
  const node = oldNode()
  if (node === undefined) return t.pass('skipped: no Node below 24 on this machine')
  for (const args of [
    ['bin/sallyport.js', 'check'],
    ['-r', './bin/check-node.cjs', 'scripts/start.ts'],
  ]) {
    const { status, stdout, stderr } = run(node, args)
    t.equal(status, 2)
    t.equal(stdout, '')
    t.match(stderr, /^Sallyport needs Node 24 or newer; this is \d+\.\d+\.\d+ /)
  }
})

t.test('tests run on the Node that npm installed, 24 or newer', async (t) => {
  t.ok(Number(process.versions.node.split('.')[0]) >= 24)
  t.equal(run(process.execPath, ['bin/check-node.cjs']).status, 0)
})
