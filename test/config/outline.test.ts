import { readFileSync } from 'node:fs'
import t from 'tap'
import { outline } from '../../src/config/outline.ts'
import { fileSchema } from '../../src/config/schema.ts'
import { routeSchema } from '../../src/config/schema-route.ts'
import { HASH, NOW_MS, policyWith, readText } from './compiling.ts'

const ENV = { DEMO_HASH: HASH, TOKEN: 'canary-of-the-token', PASSWORD: 'canary-of-redis' }

function outlined(text: string) {
  return outline(text, { file: 'policy.yaml', readText, env: ENV, nowMs: NOW_MS })
}

const golden = readFileSync(new URL('../cases/golden/policy.yaml', import.meta.url), 'utf8')

t.test('it tells what is in effect: defaults merged in, names as they are used', async (t) => {
  const found = outlined(golden)
  t.match(found.outline, {
    settings: { listen: { host: '127.0.0.1', port: 8080 }, hosts: ['api.example.com', '*.example.org'] },
    upstreams: { secure: { tls: { verify: true, ca: /^[0-9a-f]{16}$/ }, circuit: null } },
    authenticators: { key: ['header:x-api-key', 'query:api_key'], git: ['bearer', 'basic'] },
    limits: { plan: { by: ['org'], windows: [{ kind: 'calendar', max: 100_000, unit: 'month' }] } },
    keys: [{ id: 'acme-prod', org: 'acme', index: 0, limits: ['authenticated'] }],
    routes: [
      { id: 'health', auth: ['none'], limits: ['public'], guard: {}, upstream: 'legacy', reported: null },
      {
        id: 'orders',
        allow: { scopes: ['orders.read'], orgs: null },
        cors: { origins: ['https://shop.example.com'], credentials: true, maxAgeMs: 600_000 },
        validate: { maxBodyBytes: 1_048_576, body: { file: './schemas/order.json' }, query: null },
        reported: { enforcedPercent: 0 },
      },
      { id: 'events', match: { shapes: ['/events', '/events/:'], hosts: ['ws.example.org'] }, limits: [] },
    ],
  })
  t.notOk(
    Object.hasOwn(found.outline?.routes[1]?.guard ?? {}, 'x-frame-options'),
    'after what `headers` removes',
  )
})

t.test('V102: it holds no secret', async (t) => {
  const top = `admin: { listen: 127.0.0.1:1, token: "\${env:TOKEN}" }
redis: { url: "redis://user:canary-in-url@redis:6379", sentinel_password: x }`
  const redis = top.replace(', sentinel_password: x', '')
  const route = '    headers: { request: { set: { authorization: "canary-for-the-api" } } }'
  const keys = `keys: [{ id: a, hash: "${HASH}" }]`
  const { outline: found, problems } = outlined(policyWith(route, `${redis}\n${keys}`))
  t.not(found, null, JSON.stringify(problems))
  const text = JSON.stringify(found)
  t.notMatch(text, 'canary')
  t.notMatch(text, HASH.slice('sha256:'.length))
})

t.test('it is plain JSON', async (t) => {
  const { outline: found } = outlined(golden)
  t.strictSame(JSON.parse(JSON.stringify(found)), found)
})

t.test('a place leads back to the text', async (t) => {
  const { at, has } = outlined(policyWith('    websocket: true'))
  t.strictSame(at(['routes', 0, 'websocket']), { file: 'policy.yaml', line: 8, col: 5 })
  t.strictSame(at(['routes', 0, 'cors', 'origins']), { file: 'policy.yaml', line: 6, col: 5 }, 'or nearby')
  t.strictSame([has(['routes', 0, 'websocket']), has(['routes', 0, 'cors'])], [true, false])
})

t.test('a file that is refused has none', async (t) => {
  const { outline: found, problems } = outlined(policyWith('    mod: report'))
  t.equal(found, null)
  t.match(problems, [{ line: 8, message: 'unknown key `mod`' }])
})

/** Keys that say nothing of what is in effect by themselves, or are told by another name. */
const FILE_KEYS = [
  ...['version', 'listen', 'ops', 'admin', 'hosts', 'trust', 'mode', 'server', 'drain', 'audit', 'store'],
  ...['redis', 'identity', 'tests', 'upstreams', 'authenticators', 'limits', 'keys', 'key_files', 'defaults'],
  'routes',
]
const ROUTE_KEYS = [
  ...['id', 'match', 'auth', 'allow', 'limits', 'limit_headers', 'cost', 'cors', 'guard', 'access'],
  ...['validate', 'forward_credential', 'path', 'strip_prefix', 'headers', 'upstream', 'websocket', 'mode'],
  'enforce',
]

t.test('a setting that is new in the schema wants a place here, and one in src/diff', async (t) => {
  const untold = (keys: string[], told: string[]) => keys.filter((key) => !told.includes(key))
  t.strictSame(untold(Object.keys(fileSchema.shape), FILE_KEYS), [])
  t.strictSame(untold(Object.keys(routeSchema.shape), ROUTE_KEYS), [])
})
