import { spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readYaml, root } from './read.ts'

interface Hook {
  readonly id: string
  readonly name: string
  readonly entry: string
  readonly args: readonly string[]
  readonly language: string
  readonly files: string
  readonly pass_filenames: boolean
}

const hooks = readYaml<readonly Hook[]>('deploy/pre-commit/.pre-commit-hooks.yaml')

const GOOD = `version: 1
upstreams: { api: { url: http://127.0.0.1:3000 } }
routes:
  - { id: a, match: { path: /a, methods: [GET] }, auth: [key], upstream: api }
`
const TESTS = `version: 1
cases:
  - { name: nobody comes in, request: GET /a, expect: { outcome: refuse } }
`

/** Runs a hook in a repository with this policy, with `sallyport` on the PATH. */
function run(t: Test, { entry, args }: Hook, policy: string) {
  const dir = t.testdir({ bin: {}, config: { 'policy.yaml': policy, 'policy.test.yaml': TESTS } })
  const program = join(dir, 'bin', 'sallyport')
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'bin/sallyport.js')}" "$@"\n`)
  chmodSync(program, 0o755)
  const env = { PATH: `${join(dir, 'bin')}:${process.env.PATH}` }
  return spawnSync('bash', ['-c', `${entry} ${args.join(' ')}`], {
    cwd: dir,
    env,
    encoding: 'utf8',
    timeout: 60_000,
  })
}

t.test('hooks have what pre-commit asks for', async (t) => {
  t.strictSame(
    hooks.map(({ id }) => id),
    ['sallyport-check', 'sallyport-test'],
  )
  for (const hook of hooks) {
    t.match(hook, { name: /./, entry: /^sallyport \w+$/, language: 'system', pass_filenames: false })
    const files = new RegExp(hook.files)
    for (const name of [
      'config/policy.yaml',
      'config/policy.test.yaml',
      'config/schemas/order.json',
      'config/keys.jsonl',
    ]) {
      t.match(name, files)
    }
    t.notMatch('src/config/a.yaml', files)
  }
})

for (const hook of hooks) {
  t.test(`${hook.id} lets a good policy pass, and stops another`, async (t) => {
    const good = run(t, hook, GOOD)
    t.equal(good.status, 0, good.stderr)
    t.equal(
      run(
        t,
        hook,
        GOOD.replace('[key]', 'none').replace(/, upstream: api/, hook.id.endsWith('test') ? '$&' : ''),
      ).status,
      1,
    )
  })
}
