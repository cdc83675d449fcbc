import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { parse } from 'yaml'
import { generatedFiles, readIfThere } from '../../scripts/docs.ts'
import { compile } from '../../src/config/compile.ts'
import { formatProblem } from '../../src/config/issues.ts'
import { policyJsonSchema } from '../../src/config/json-schema.ts'
import { HASH, NOW_MS } from './compiling.ts'

const ROOT = new URL('../../', import.meta.url)

for (const [path, wanted] of generatedFiles()) {
  t.test(`${path} is what scripts/docs.ts makes of the schemas`, async (t) => {
    t.equal(readIfThere(path), wanted, 'run: node scripts/docs.ts')
  })
}

function markdownFiles(): string[] {
  const inFolder = (folder: string, depth: number): string[] => {
    if (!existsSync(new URL(folder, ROOT))) return []
    return readdirSync(new URL(folder, ROOT), { withFileTypes: true }).flatMap((entry) => {
      const path = `${folder}${entry.name}`
      if (entry.isDirectory()) return depth === 0 ? [] : inFolder(`${path}/`, depth - 1)
      return path.endsWith('.md') ? [path] : []
    })
  }
  return [...inFolder('src/policies/', 1), ...inFolder('docs/', 0), ...inFolder('./', 0)]
}

function policiesIn(path: string): string[] {
  const text = readFileSync(new URL(path, ROOT), 'utf8')
  const blocks = [...text.matchAll(/^```ya?ml\n([\s\S]*?)^```/gm)].map(([, block = '']) => block)
  // Files of policy tests look alike, and have a test of their own.
  return blocks.filter((block) => /^(?:#.*\n|\n)*version:/.test(block) && !/^cases:/m.test(block))
}

/** Whatever a document's policy refers to is there. */
function compileExample(text: string) {
  const names = [...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name = '']) => [name, HASH] as const)
  const readText = (path: string) => (path.endsWith('.json') ? '{}' : path.endsWith('.pem') ? PEM : HASH)
  return compile(text, { file: 'example', readText, env: Object.fromEntries(names), nowMs: NOW_MS })
}
const PEM = '-----BEGIN CERTIFICATE-----\n'

for (const path of markdownFiles()) {
  for (const [i, text] of policiesIn(path).entries()) {
    t.test(`${path}: policy ${i + 1} compiles`, async (t) => {
      t.strictSame(compileExample(text).problems.map(formatProblem), [])
    })
  }
}

const SHIPPED = ['config/policy.yaml', 'deploy/compose/policy/policy.yaml', 'test/cases/golden/policy.yaml']

for (const path of SHIPPED) {
  t.test(`${path} compiles and is what the JSON Schema takes`, async (t) => {
    const text = readIfThere(path) ?? ''
    t.strictSame(compileExample(text).problems.map(formatProblem), [])
    const validate = new Ajv2020({ strict: false, allErrors: true }).compile(JSON.parse(policyJsonSchema()))
    validate(parse(text))
    t.strictSame(validate.errors ?? [], [])
  })
}

t.test('the shipped policy names its one variable when that is not set', async (t) => {
  const text = readIfThere('config/policy.yaml') ?? ''
  const { policy, problems } = compile(text, { file: 'p', readText: () => '', env: {}, nowMs: NOW_MS })
  t.equal(policy, null)
  t.match(
    problems.map(({ message }) => message),
    ['the environment variable SALLYPORT_DEMO_KEY_HASH is not set'],
  )
})

t.test('the JSON Schema refuses an unknown key', async (t) => {
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(policyJsonSchema()))
  t.notOk(validate({ version: 1, routes: [{ id: 'a', match: { path: '/' }, mod: 'report' }] }))
})
