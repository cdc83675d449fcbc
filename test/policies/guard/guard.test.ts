import fastifyHelmet from '@fastify/helmet'
import Fastify from 'fastify'
import t from 'tap'
import { HEADER_OF } from '../../../src/policies/guard/fields.ts'
import { guard } from '../../../src/policies/guard/index.ts'
import { envWith } from '../request.ts'

type Fields = Record<string, string>

function fieldsFor(settings: unknown): Fields {
  const parsed = settings === undefined ? undefined : guard.schema.parse(settings)
  return toRecord(guard.compile(parsed, envWith()).reply?.set ?? [])
}

function toRecord(flat: readonly string[]): Fields {
  const out: Fields = {}
  for (let i = 0; i < flat.length; i += 2) out[String(flat[i])] = String(flat[i + 1])
  return out
}

const API_SET: Fields = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
}

t.test('without a word the whole set is on', async (t) => {
  t.strictSame(fieldsFor(undefined), API_SET)
  t.strictSame(fieldsFor({}), API_SET)
})

t.test('off leaves every header to the API', async (t) => {
  t.strictSame(guard.compile('off', envWith()), {})
})

t.test("the API's own copy of each header we set is dropped", async (t) => {
  t.strictSame(guard.compile(undefined, envWith()).reply?.drop, Object.keys(API_SET))
})

t.test('a header that is off is neither set nor dropped', async (t) => {
  const { reply } = guard.compile({ content_security_policy: 'off' }, envWith())
  t.notOk(reply?.set?.includes('content-security-policy'))
  t.notOk(reply?.drop?.includes('content-security-policy'))
  t.ok(reply?.set?.includes('x-frame-options'))
})

t.test('a value takes the place of the default, and headers beyond the set can be added', async (t) => {
  t.strictSame(fieldsFor({ frame_options: 'SAMEORIGIN', permissions_policy: 'camera=()' }), {
    ...API_SET,
    'x-frame-options': 'SAMEORIGIN',
    'permissions-policy': 'camera=()',
  })
})

t.test('every setting has its header, with the examples of the schema', async (t) => {
  const values: Record<keyof typeof HEADER_OF, string> = {
    content_security_policy: "default-src 'self'",
    strict_transport_security: 'max-age=63072000; includeSubDomains; preload',
    frame_options: 'SAMEORIGIN',
    referrer_policy: 'same-origin',
    cross_origin_resource_policy: 'cross-origin',
    cross_origin_opener_policy: 'unsafe-none',
    cross_origin_embedder_policy: 'require-corp',
    permissions_policy: 'geolocation=()',
    origin_agent_cluster: '?0',
    content_type_options: 'nosniff',
    dns_prefetch_control: 'on',
    download_options: 'noopen',
    permitted_cross_domain_policies: 'all',
    xss_protection: '1; mode=block',
  }
  const wanted = Object.entries(values).map(([key, value]) => [
    HEADER_OF[key as keyof typeof HEADER_OF],
    value,
  ])
  t.match(fieldsFor(values), Object.fromEntries(wanted))
})

for (const settings of [
  'on',
  { frame_options: 'ALLOW-FROM https://a.example' },
  { content_security_policy: "default-src 'self'\r\nset-cookie: a=b" },
  { content_security_policy: '' },
  { strict_transport_security: 'max-age=1y' },
  { referrer_policy: 'none' },
  { x_frame_options: 'DENY' },
]) {
  t.test(`the schema refuses ${JSON.stringify(settings)}`, async (t) => {
    t.notOk(guard.schema.safeParse(settings).success)
  })
}

/** Headers that @fastify/helmet puts on a reply. */
async function helmetFields(options: object): Promise<Fields> {
  const app = Fastify()
  await app.register(fastifyHelmet, options)
  app.get('/', async () => ({}))
  const { headers } = await app.inject('/')
  await app.close()
  const own = ['content-type', 'content-length', 'date', 'connection']
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (own.includes(name) ? [] : [[name, String(value)]])),
  )
}

const apiOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  frameguard: { action: 'deny' },
}

for (const [settings, options] of [
  [{}, {}],
  [{ frame_options: 'SAMEORIGIN' }, { frameguard: { action: 'sameorigin' } }],
  [{ strict_transport_security: 'off' }, { hsts: false }],
  [
    { strict_transport_security: 'max-age=60; includeSubDomains; preload' },
    { hsts: { maxAge: 60, preload: true } },
  ],
  [{ referrer_policy: 'origin' }, { referrerPolicy: { policy: 'origin' } }],
  [
    { cross_origin_resource_policy: 'cross-origin' },
    { crossOriginResourcePolicy: { policy: 'cross-origin' } },
  ],
  [{ cross_origin_opener_policy: 'off' }, { crossOriginOpenerPolicy: false }],
  [{ cross_origin_embedder_policy: 'require-corp' }, { crossOriginEmbedderPolicy: true }],
  [
    { origin_agent_cluster: 'off', download_options: 'off' },
    { originAgentCluster: false, ieNoOpen: false },
  ],
  [
    { content_type_options: 'off', xss_protection: 'off' },
    { noSniff: false, xssFilter: false },
  ],
  [{ dns_prefetch_control: 'on' }, { dnsPrefetchControl: { allow: true } }],
  [
    { permitted_cross_domain_policies: 'master-only' },
    { permittedCrossDomainPolicies: { permittedPolicies: 'master-only' } },
  ],
  [
    { content_security_policy: "default-src 'self'" },
    { contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'self'"] } } },
  ],
] as const) {
  t.test(`as @fastify/helmet: ${JSON.stringify(settings)}`, async (t) => {
    t.strictSame(fieldsFor(settings), await helmetFields({ ...apiOptions, ...options }))
  })
}
