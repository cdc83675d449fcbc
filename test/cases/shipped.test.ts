import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { parse } from 'yaml'
import { readSuite } from '../../src/cases/read.ts'
import { runSuite } from '../../src/cases/run.ts'
import { testsJsonSchema } from '../../src/cases/schema.ts'
import type { Policy } from '../../src/core/policy.ts'

const FILE = fileURLToPath(new URL('../../config/policy.test.yaml', import.meta.url))
const nowMs = Date.now()

function shipped() {
  const { suite, errors } = readSuite(FILE, {}, nowMs)
  if (suite === null) throw new Error(errors.join('\n'))
  return suite
}

const failing = async (change?: (policy: Policy) => Policy): Promise<string[]> => {
  const { results } = await runSuite(shipped(), { nowMs, ...(change && { change }) })
  return results.filter(({ passed }) => !passed).map(({ name }) => name)
}

t.test('the shipped tests pass, and cover the whole of the shipped policy', async (t) => {
  t.strictSame(await failing(), [])
  const { coverage, notRun } = await runSuite(shipped(), { nowMs })
  t.strictSame(
    coverage.items.filter(({ covered }) => !covered),
    [],
  )
  t.equal(coverage.percent, 100)
  t.equal(shipped().coverage, 100)
  t.equal(notRun, 0)
})

/** The policy without the check at this place. */
function without(policy: Policy, routeId: string, index: number): Policy {
  const changed = new Map(
    policy.routes.map((route) => {
      const checks = route.checks.filter((_, i) => route.id !== routeId || i !== index)
      return [route, { ...route, checks }]
    }),
  )
  const find: Policy['find'] = (host, method, path) => {
    const found = policy.find(host, method, path)
    return found === null ? null : (changed.get(found) ?? null)
  }
  return { ...policy, routes: [...changed.values()], find }
}

for (const route of shipped().compiled.policy.routes) {
  for (const [index, { name }] of route.checks.entries()) {
    t.test(`without ${name} of ${route.id} a case is red`, async (t) => {
      t.not((await failing((policy) => without(policy, route.id, index))).length, 0)
    })
  }
}

t.test('a policy that is changed and the same is no red case', async (t) => {
  t.strictSame(await failing((policy) => without(policy, 'nowhere', 0)), [])
})

t.test('the JSON Schema takes the shipped tests, and no unknown key', async (t) => {
  const validate = new Ajv2020({ strict: false, allErrors: true }).compile(JSON.parse(testsJsonSchema()))
  const file = parse(readFileSync(FILE, 'utf8'))
  validate(file)
  t.strictSame(validate.errors ?? [], [])
  t.notOk(validate({ ...file, case: [] }))
  t.notOk(validate({ ...file, cases: [{ ...file.cases[0], expects: {} }] }))
})

interface Json {
  readonly [key: string]: unknown
  readonly description?: string
  readonly properties?: Readonly<Record<string, Json>>
}

/** Paths of settings without a description. */
function undescribed(json: Json, path: string): string[] {
  const own = Object.entries(json.properties ?? {}).flatMap(([key, child]) =>
    child.description === undefined ? [`${path}/${key}`] : [],
  )
  const inner = Object.entries(json).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null && key !== 'examples'
      ? undescribed(value as Json, `${path}/${key}`)
      : [],
  )
  return [...own, ...inner]
}

t.test('every setting of a test file is described', async (t) => {
  t.strictSame(undescribed(JSON.parse(testsJsonSchema()), ''), [])
})
