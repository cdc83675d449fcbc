import { z } from 'zod'
import { parseAuthority } from '../core/host.ts'
import type { RedisNode } from '../core/redis.ts'
import { duration } from '../policies/units.ts'
import { tlsTrust } from './schema-tls.ts'
import { readWith } from './schema-values.ts'

interface RedisUrl {
  readonly isTls: boolean
  readonly node: RedisNode
  readonly username: string | null
  readonly password: string | null
  readonly database: number
}

const DEFAULT_PORT = '6379'
const MAX_DATABASE = 65_535
const MAX_NODES = 64
const MIN_TIMEOUT_MS = 5
const MAX_TIMEOUT_MS = 5000
const MAX_REPLICAS = 1000
/** Read by a narrow pattern instead of a URL parser: what needs repairing is refused. */
const REDIS_URL = /^(rediss?):\/\/(?:([^:@/?#\s]*)(?::([^@/?#\s]*))?@)?([^@/?#\s\\]+)(?:\/(\d{1,5})?)?$/
const PREFIX = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/
const URL_MESSAGE =
  'write a URL such as redis://redis:6379 or rediss://user:password@redis.example.com:6380/0'
const NODE_MESSAGE = 'write HOST:PORT such as 10.0.0.1:6379 or [2001:db8::1]:6379'
const FORM_MESSAGE =
  'write a URL such as redis://redis:6379, or a mapping with `url`, `sentinels` or `cluster`'

function redisUrl() {
  // The value itself may hold a password, so no message of ours quotes it.
  return readWith(z.string({ error: URL_MESSAGE }).max(2048), (text) => readUrl(text) ?? URL_MESSAGE)
}

function readUrl(text: string): RedisUrl | null {
  const [, scheme, user = '', password = '', authority = '', database = '0'] = REDIS_URL.exec(text) ?? []
  const node = nodeOf(authority, DEFAULT_PORT)
  const [name, secret] = [decoded(user), decoded(password)]
  if (node === null || name === null || secret === null || Number(database) > MAX_DATABASE) return null
  return {
    isTls: scheme === 'rediss',
    node,
    username: name === '' ? null : name,
    password: secret === '' ? null : secret,
    database: Number(database),
  }
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

function nodeOf(text: string, defaultPort: string): RedisNode | null {
  const authority = parseAuthority(text)
  if (authority === null) return null
  const port = Number(authority.port === '' ? defaultPort : authority.port)
  const host = authority.host.replace(/^\[|\]$/g, '')
  return port >= 1 && port <= 65_535 ? { host, port } : null
}

function redisNodes() {
  const node = readWith(z.string({ error: NODE_MESSAGE }), (text) => nodeOf(text, '') ?? NODE_MESSAGE)
  return z.array(node).min(1).max(MAX_NODES)
}

const secret = (description: string, name: string) =>
  z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .meta({ description, examples: [`\${env:${name}}`] })

const tlsSchema = z
  .strictObject(tlsTrust({ ca: './redis-ca.pem', serverName: 'redis.internal' }))
  .meta({ description: 'TLS to sentinels and servers; a `rediss://` URL has it without.', examples: [{}] })

const mappingSchema = z.strictObject({
  url: redisUrl()
    .optional()
    .meta({
      description: 'One server: `redis://` in plain text, `rediss://` with TLS.',
      examples: [`\${env:REDIS_URL}`],
    }),
  sentinels: redisNodes()
    .optional()
    .meta({
      description: 'Sentinels that know which server to write to, instead of `url`.',
      examples: [['10.0.0.1:26379', '10.0.0.2:26379', '10.0.0.3:26379']],
    }),
  name: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be of letters, digits and . _ -')
    .optional()
    .meta({ description: 'What the sentinels call the server.', examples: ['limits'] }),
  cluster: redisNodes()
    .optional()
    .meta({
      description: 'Some nodes of a cluster, instead of `url`; they tell of the others.',
      examples: [['10.0.0.1:6379', '10.0.0.2:6379']],
    }),
  username: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .meta({ description: 'User of the servers, unless the URL names one.', examples: ['sallyport'] }),
  password: secret('Password of the servers, unless the URL has one.', 'REDIS_PASSWORD'),
  sentinel_password: secret('Password of the sentinels themselves.', 'SENTINEL_PASSWORD'),
  tls: tlsSchema.optional(),
  prefix: z
    .string()
    .regex(PREFIX, 'write 1 to 64 of letters, digits and _ . : -, a letter or digit first')
    .default('sallyport:')
    .meta({
      description: 'Begins every key. Gateways with the same prefix share their limits.',
      examples: ['shop:'],
    }),
  command_timeout: duration()
    .refine((ms) => ms >= MIN_TIMEOUT_MS && ms <= MAX_TIMEOUT_MS, 'from 5ms to 5s')
    .prefault('100ms')
    .meta({
      description: 'How long a request waits for Redis, before `on_store_error` of its limits counts.',
      examples: ['100ms'],
    }),
  replicas: z
    .int()
    .min(1)
    .max(MAX_REPLICAS)
    .default(1)
    .meta({
      description:
        'How many gateways share the limits: `on_store_error: local` gives each its part while Redis is away.',
      examples: [3],
    }),
})

type Mapping = z.output<typeof mappingSchema>

/** `redis`: where limits are counted when several gateways share them. */
export const redisSchema = z
  .union(
    [
      redisUrl().transform((url) => ({ ...mappingSchema.parse({}), url })),
      mappingSchema.superRefine((settings, context) => {
        for (const [key, message] of contradictions(settings)) {
          context.addIssue({ code: 'custom', path: key === '' ? [] : [key], message })
        }
      }),
    ],
    { error: FORM_MESSAGE },
  )
  .meta({
    description:
      'A Redis that several gateways share, so that limits hold for all of them: a URL, or a mapping. Absent: each counts for itself.',
    examples: ['redis://redis:6379'],
  })

export type RedisOutput = z.output<typeof redisSchema>

function contradictions({ url, sentinels, cluster, name, ...rest }: Mapping): [string, string][] {
  const found: [string, string][] = []
  if ([url, sentinels, cluster].filter((place) => place !== undefined).length !== 1) {
    found.push(['', 'write one of `url`, `sentinels` and `cluster`'])
  }
  if (sentinels !== undefined && name === undefined) {
    found.push(['name', 'write what the sentinels call the server'])
  }
  if (sentinels === undefined) {
    if (name !== undefined) found.push(['name', 'has no effect without `sentinels`'])
    if (rest.sentinel_password !== undefined) {
      found.push(['sentinel_password', 'has no effect without `sentinels`'])
    }
  }
  return url === undefined ? found : [...found, ...besideUrl(url, rest)]
}

function besideUrl(
  url: RedisUrl,
  { username, password, tls }: Pick<Mapping, 'username' | 'password' | 'tls'>,
): [string, string][] {
  const found: [string, string][] = []
  if (username !== undefined && url.username !== null) found.push(['username', 'the URL has one already'])
  if (password !== undefined && url.password !== null) found.push(['password', 'the URL has one already'])
  if (tls !== undefined && !url.isTls) found.push(['tls', 'has no effect on a redis:// URL; write rediss://'])
  return found
}
