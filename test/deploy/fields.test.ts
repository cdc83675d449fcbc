import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { deployment, manifests } from './manifests.ts'
import { readYaml, root } from './read.ts'

// The published schemas let unknown fields pass, as the API server does when it is not asked to be strict, and there
// a misspelt securityContext field is no protection at all. The published types know every field, so the compiler
// is asked whether each manifest has any that they do not.

const compilerOptions = {
  module: 'nodenext',
  target: 'es2024',
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
}

/** Type-checks one source text against the packages of the checkout and resolves with what the compiler says. */
function compile(t: { testdir: (files: Record<string, string>) => string }, source: string): string {
  const folder = t.testdir({
    'package.json': JSON.stringify({ type: 'module' }),
    'manifests.ts': source,
    'tsconfig.json': JSON.stringify({ compilerOptions, include: ['manifests.ts'] }),
  })
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  // Without NODE_OPTIONS, because the compiler does not start under the test runner's module hooks.
  const command = ['-u', 'NODE_OPTIONS', process.execPath, tsc, '-p', folder, '--pretty', 'false']
  const result = spawnSync('env', command, {
    encoding: 'utf8',
    timeout: 60_000,
  })
  return result.stdout + result.stderr
}

/** A declaration that holds a value to a published type. */
function declare(name: string, module: string, type: string, value: unknown): string {
  return `export const ${name}: import('kubernetes-models/${module}').${type} = ${JSON.stringify(value)}\n`
}

t.test('no manifest has a field that Kubernetes does not know', async (t) => {
  const source = manifests.map(({ file, module, type }, index) =>
    declare(`manifest${index}`, module, type, readYaml(`deploy/kubernetes/${file}`)),
  )
  t.equal(compile(t, source.join('')), '')
})

t.test('a misspelt field is found', async (t) => {
  const source = declare('broken', 'apps/v1/Deployment', 'IDeployment', deployment).replaceAll(
    'readOnlyRootFilesystem',
    'readOnlyRootFileSystem',
  )
  t.match(compile(t, source), /readOnlyRootFileSystem/)
})
