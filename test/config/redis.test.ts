import t from 'tap'
import { REDIS_DEFAULTS } from '../support/redis-settings.ts'
import { compileText, policyWith, problemsOf } from './compiling.ts'

const withRedis = (redis: string): string => policyWith('', `redis: ${redis}`)
const redisOf = (redis: string) => compileText(withRedis(redis)).settings?.redis ?? null

const DEFAULTS = { ...REDIS_DEFAULTS, nodes: [{ host: 'redis', port: 6379 }] }
const TLS = { ca: null, serverName: null }

const GOOD: readonly (readonly [written: string, wanted: object])[] = [
  ['redis://redis', {}],
  ['redis://redis:6380/3', { nodes: [{ host: 'redis', port: 6380 }], database: 3 }],
  ['rediss://redis/', { tls: TLS }],
  ['"redis://[2001:DB8::1]:7000"', { nodes: [{ host: '2001:db8::1', port: 7000 }] }],
  ['"redis://:${env:PASSWORD}@redis"', { password: 'canary-9f2b7c' }],
  ['{ url: redis://ann@redis, password: "${env:PASSWORD}" }', { username: 'ann', password: 'canary-9f2b7c' }],
  [
    '{ url: redis://redis, prefix: "shop:", command_timeout: 50ms, replicas: 3 }',
    {
      prefix: 'shop:',
      commandTimeoutMs: 50,
      replicas: 3,
    },
  ],
  ['{ cluster: [redis:6379], tls: {} }', { kind: 'cluster', tls: TLS }],
  [
    '{ sentinels: [redis:6379], name: limits, sentinel_password: "${env:PASSWORD}" }',
    {
      kind: 'sentinel',
      name: 'limits',
      sentinelPassword: 'canary-9f2b7c',
    },
  ],
]

for (const [written, wanted] of GOOD) {
  t.test(`redis: ${written}`, async (t) => {
    t.strictSame(problemsOf(withRedis(written)), [])
    t.strictSame(redisOf(written), { ...DEFAULTS, ...wanted })
  })
}

t.test('tls.ca is read beside the policy', async (t) => {
  t.match(redisOf('{ url: rediss://redis, tls: { ca: ./ca.pem, server_name: redis.internal } }')?.tls, {
    ca: /^-----BEGIN CERTIFICATE-----/,
    serverName: 'redis.internal',
  })
  for (const [ca, problem] of [
    ['./none.pem', /cannot be read/],
    ['./order.json', /no certificate/],
  ] as const) {
    t.match(problemsOf(withRedis(`{ url: rediss://redis, tls: { ca: ${ca} } }`)), [problem])
  }
})

t.test('settings that have no effect, or contradict each other, are mistakes', async (t) => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['{}', /write one of `url`, `sentinels` and `cluster`/],
    ['{ url: redis://a, cluster: [b:1] }', /write one of/],
    ['{ sentinels: [a:1] }', /what the sentinels call/],
    ['{ cluster: [a:1], name: x }', /`name`.*no effect/],
    ['{ cluster: [a:1], sentinel_password: "${env:PASSWORD}" }', /no effect|does not fit/],
    ['{ url: redis://a, tls: {} }', /`tls`.*write rediss:/],
    ['{ url: rediss://a, tls: { server_name: 10.0.0.1 } }', /must be a host name, not an address/],
    ['{ url: rediss://a, tls: { server_name: "2001:db8::1" } }', /must be a host name/],
    ['{ url: "redis://a:${env:PASSWORD}@b", password: "${env:PASSWORD}" }', /has one already|does not fit/],
  ]
  for (const [written, problem] of wrong) t.match(problemsOf(withRedis(written)), [problem], written)
})

t.test('a leased limit makes no exact one pointless: it lets more through', async (t) => {
  const beside = (loose: string, tight: string): string =>
    policyWith(
      '    limits: [tight, loose]',
      `redis: redis://redis
limits:
  tight: { by: ip, rate: 100/minute, accuracy: ${tight} }
  loose: { by: ip, rate: 105/minute, accuracy: ${loose} }`,
    )
  t.strictSame(problemsOf(beside('exact', 'leased')), [])
  for (const [loose, tight] of [
    ['exact', 'exact'],
    ['leased', 'exact'],
    ['leased', 'leased'],
  ] as const) {
    t.match(problemsOf(beside(loose, tight)), [/`loose` is pointless beside `tight`/], `${loose}, ${tight}`)
  }
})

t.test('V102 a URL that is wrong is not quoted, whatever it holds', async (t) => {
  const wrong = [
    'redis:/:hunter2@a',
    'redis://a:hunter2@b@c',
    'redis://:hunter2%zz@a',
    'redis://a/hunter2',
    'redis://a:0/1?hunter2',
  ]
  for (const url of wrong) {
    for (const written of [`"${url}"`, `{ url: "${url}" }`]) {
      const problems = problemsOf(withRedis(written))
      t.equal(problems.length, 1, written)
      t.notMatch(problems.join(), 'hunter2')
    }
  }
})

t.test(
  'a password that stands in the file is warned of, and the text is not shown by the admin API',
  async (t) => {
    for (const [written, name] of [
      ['redis://:hunter2@a', 'REDIS_URL'],
      ['{ url: redis://:hunter2@a }', 'REDIS_URL'],
      ['{ cluster: [a:1], password: hunter2 }', 'REDIS_PASSWORD'],
    ] as const) {
      const problems = problemsOf(withRedis(written))
      t.match(problems, [/warning: the password itself stands in the file/])
      t.ok(problems[0]?.includes(`write a reference such as $\{env:${name}}`), `${problems[0]}`)
      t.notMatch(problems.join(), 'hunter2')
      t.equal(compileText(withRedis(written)).about?.tokenInFile, true)
    }
    t.equal(compileText(withRedis('"redis://:${env:PASSWORD}@a"')).about?.tokenInFile, false)
  },
)
