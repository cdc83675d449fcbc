import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { policyText } from './manifests.ts'
import { readText, root } from './read.ts'

const command = join(root, 'bin/sallyport.js')
const built = existsSync(command) && existsSync(join(root, 'src/main.ts'))
const skip = built ? false : 'there is no `sallyport check` yet'
const hash = `sha256:${createHash('sha256').update('a key nobody has').digest('hex')}`
const secretFile = /\$\{file:[^}]+\}/g

/** Runs `sallyport check` on a policy whose secret file is one that exists here. */
function check(t: { testdir: (files: Record<string, string>) => string }, text: string) {
  const folder = t.testdir({
    'policy.yaml': text.replace(secretFile, () => `\${file:./hash}`),
    hash: `${hash}\n`,
  })
  return spawnSync(process.execPath, [command, 'check', join(folder, 'policy.yaml')], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 30_000,
  })
}

const policies = [
  { name: 'the policy of compose.yaml', text: readText('deploy/compose/policy/policy.yaml') },
  { name: 'the policy in configmap.yaml', text: policyText },
]

for (const { name, text } of policies) {
  t.test(`${name} compiles`, { skip }, async (t) => {
    t.match(text, secretFile)
    const { status, stdout, stderr } = check(t, text)
    t.equal(status, 0, stdout + stderr)
  })
}

t.test('the value of the example secret lets nobody in: it is refused', { skip }, async (t) => {
  const { status } = check(
    t,
    policyText.replace(secretFile, 'replace-with-the-hash-that-sallyport-keys-new-prints'),
  )
  t.equal(status, 1)
})
