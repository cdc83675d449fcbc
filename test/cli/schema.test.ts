import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { schema } from '../../src/cli/schema.ts'
import { runCommand } from './output.ts'

t.test('prints a JSON Schema whose every setting is described', async (t) => {
  const { code, stdout } = await runCommand(schema, [])
  t.equal(code, 0)
  const json = JSON.parse(stdout)
  t.equal(json.$schema, 'https://json-schema.org/draft/2020-12/schema')
  t.strictSame(undescribed(json, ''), [])
})

t.test('--tests is the one of test files', async (t) => {
  const { code, stdout } = await runCommand(schema, ['--tests'])
  t.equal(code, 0)
  t.equal(stdout, readFileSync('config/policy.test.schema.json', 'utf8'))
})

t.test('--write writes it to a file', async (t) => {
  const file = join(t.testdir(), 'schema.json')
  const written = await runCommand(schema, ['--write', file])
  t.strictSame(written, { code: 0, stdout: '', stderr: '' })
  t.equal(readFileSync(file, 'utf8'), (await runCommand(schema, [])).stdout)
})

for (const args of [['--wrong'], ['a'], ['--write'], ['--write', '/nowhere/schema.json']]) {
  t.test(`wrong use is exit code 2: ${args.join(' ')}`, async (t) => {
    const { code, stderr } = await runCommand(schema, args)
    t.equal(code, 2)
    t.match(stderr, /^sallyport schema: /)
  })
}

interface Json {
  readonly anyOf?: readonly Json[]
  readonly oneOf?: readonly Json[]
  readonly description?: string
  readonly properties?: Readonly<Record<string, Json>>
  readonly items?: unknown
  readonly additionalProperties?: unknown
}

/** Paths of settings without a description. */
function undescribed(json: Json, path: string): string[] {
  const nested = [json, ...(json.anyOf ?? json.oneOf ?? [])]
  const own = nested.flatMap(({ properties }) => Object.entries(properties ?? {}))
  const found = own.flatMap(([key, child]) => {
    const here = typeof child.description === 'string' ? [] : [`${path}/${key}`]
    return [...here, ...undescribed(child, `${path}/${key}`)]
  })
  const inner = nested.flatMap(({ items, additionalProperties }) => [items, additionalProperties])
  const below = inner.filter((one): one is Json => typeof one === 'object' && one !== null)
  return [...found, ...below.flatMap((one) => undescribed(one, `${path}/*`))]
}
