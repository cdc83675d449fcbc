import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { parse, stringify } from 'yaml'
import { readSuite } from '../../src/cases/read.ts'
import { runSuite } from '../../src/cases/run.ts'

const CONFIG = fileURLToPath(new URL('../../config/', import.meta.url))
const POLICY = readFileSync(join(CONFIG, 'policy.yaml'), 'utf8')
const TESTS = readFileSync(join(CONFIG, 'policy.test.yaml'), 'utf8')

type Settings = Record<string, unknown>
interface Written extends Settings {
  readonly limits: Record<string, Settings>
  readonly keys: Settings[]
  readonly defaults: Settings
  readonly routes: (Settings & { readonly id: string; readonly match: Settings; cors?: Settings })[]
}
type Weaken = (policy: Written, route: Written['routes'][number]) => unknown

/** Names of the shipped cases that fail when the policy says something else. */
async function failing(t: Test, change: (policy: Written) => unknown): Promise<string[]> {
  const policy: Written = parse(POLICY)
  change(policy)
  const dir = t.testdir({ 'policy.yaml': stringify(policy), 'policy.test.yaml': TESTS })
  const { suite, errors } = readSuite(join(dir, 'policy.test.yaml'), {}, Date.now())
  if (suite === null) throw new Error(errors.join('\n'))
  const { results } = await runSuite(suite, { nowMs: Date.now() })
  return results.filter(({ passed }) => !passed).map(({ name }) => name)
}

t.test('the shipped policy in other words is red nowhere', async (t) => {
  t.strictSame(await failing(t, () => undefined), [])
})

/** Each of them lets more in, or tells more, than the shipped policy. */
const OF_A_ROUTE: readonly (readonly [what: string, ids: string, weaken: Weaken])[] = [
  [
    'may be used without a key',
    'posts post comments profile',
    (_, route) => Object.assign(route, { auth: ['key', 'none'] }),
  ],
  [
    'asks for no key',
    'comments profile',
    (_, route) => Object.assign(route, { auth: 'none', limits: ['public'] }),
  ],
  ['asks for no scope', 'posts post', (_, route) => delete route.allow],
  ['takes any method', 'welcome posts post comments profile', (_, { match }) => delete match.methods],
  ['has no limit', 'welcome posts post comments profile', (_, route) => Object.assign(route, { limits: [] })],
  [
    'has no headers of the guard',
    'welcome posts post comments profile',
    (_, route) => Object.assign(route, { guard: 'off' }),
  ],
  [
    'only reports',
    'welcome posts post comments profile',
    (_, route) => Object.assign(route, { mode: 'report' }),
  ],
  [
    'hands the key on',
    'welcome posts post comments profile',
    (_, route) => Object.assign(route, { forward_credential: true }),
  ],
  [
    'takes what is below',
    'post comments profile',
    (_, { match }) => Object.assign(match, { path: `${match.path}/*` }),
  ],
]

for (const [what, ids, weaken] of OF_A_ROUTE) {
  for (const id of ids.split(' ')) {
    t.test(`when ${id} ${what} a case is red`, async (t) => {
      const failed = await failing(t, (policy) => {
        const route = policy.routes.find((one) => one.id === id)
        if (route === undefined) throw new Error(`there is no route ${id}`)
        weaken(policy, route)
      })
      t.not(failed.length, 0)
    })
  }
}

const cors = ({ routes }: Written): Settings => routes.find(({ id }) => id === 'posts')?.cors ?? {}

const OF_THE_WHOLE: Readonly<Record<string, (policy: Written) => unknown>> = {
  'cors.headers are gone': (policy) => delete cors(policy).headers,
  'cors.origins are all': (policy) => Object.assign(cors(policy), { origins: ['*'] }),
  'cors.credentials are let in': (policy) => Object.assign(cors(policy), { credentials: true }),
  'everybody shares one bucket of public': ({ limits }) =>
    Object.assign(limits.public ?? {}, { by: 'global' }),
  'everybody shares one bucket of demo': ({ limits }) => Object.assign(limits.demo ?? {}, { by: 'global' }),
  'demo is counted by address': ({ limits }) => Object.assign(limits.demo ?? {}, { by: 'ip' }),
  'demo is counted by org': ({ limits }) => Object.assign(limits.demo ?? {}, { by: 'org' }),
  'demo is counted by route': ({ limits }) => Object.assign(limits.demo ?? {}, { by: ['key', 'route'] }),
  'public is wider': ({ limits }) => Object.assign(limits.public ?? {}, { rate: '31/minute' }),
  'demo is wider': ({ limits }) => Object.assign(limits.demo ?? {}, { rate: '6/minute' }),
  'the demo key is for all routes': ({ keys }) => delete keys[0]?.routes,
  'the demo key has another org': ({ keys }) => Object.assign(keys[0] ?? {}, { org: 'acme' }),
  'the demo key has more scopes': ({ keys }) =>
    Object.assign(keys[0] ?? {}, { scopes: ['posts.read', 'admin'] }),
  'every address is believed': (policy) => Object.assign(policy, { trust: ['0.0.0.0/0', '::/0'] }),
  'anonymous is the default': ({ defaults }) => Object.assign(defaults, { auth: ['key', 'none'] }),
  'a route for all the rest is added': ({ routes }) =>
    routes.push({ id: 'rest', match: { path: '/*' }, auth: 'none', limits: [] }),
}

for (const [what, weaken] of Object.entries(OF_THE_WHOLE)) {
  t.test(`when ${what} a case is red`, async (t) => {
    t.not((await failing(t, weaken)).length, 0)
  })
}
