import { z } from 'zod'
import { keyAuthenticatorSchema, keyEntrySchema } from '../policies/key/schema.ts'
import { limitName, limitSettingsSchema } from '../policies/limit/schema.ts'
import { redisSchema } from './schema-redis.ts'
import { defaultsSchema, modeSchema, routeSchema } from './schema-route.ts'
import { adminSchema, auditSchema, drainSchema, identityNamesSchema, serverSchema } from './schema-server.ts'
import { storeSchema } from './schema-store.ts'
import { testsSchema } from './schema-tests.ts'
import { upstreamSchema } from './schema-upstream.ts'
import { addressRange, hostPattern, listenAddress, refName } from './schema-values.ts'

const MAX_ROUTES = 10_000
const MAX_KEYS = 100_000
const MAX_KEY_FILES = 16
const MAX_HOSTS = 1000
const MAX_RANGES = 1000

/** Settings that stand for themselves. */
export const singleSchemas = {
  version: z.literal(1).meta({ description: 'The form of this file.', examples: [1] }),
  listen: listenAddress()
    .prefault('0.0.0.0:8080')
    .meta({
      description: 'What clients reach.',
      examples: ['0.0.0.0:8080'],
    }),
  ops: listenAddress()
    .prefault('0.0.0.0:9901')
    .meta({
      description: 'Health probes and metrics: nothing secret, no admin.',
      examples: ['0.0.0.0:9901'],
    }),
  admin: adminSchema.optional(),
  hosts: z
    .array(hostPattern())
    .min(1)
    .max(MAX_HOSTS)
    .optional()
    .meta({
      description: 'Host headers answered for; others are refused. Absent: any well-formed one.',
      examples: [['api.example.com', '*.example.org']],
    }),
  trust: z
    .array(addressRange())
    .max(MAX_RANGES)
    .prefault([])
    .meta({
      description: 'Proxies in front whose `X-Forwarded-*` is believed. Absent: nobody.',
      examples: [['10.0.0.0/8']],
    }),
  mode: modeSchema.optional().meta({
    description: '`report` turns all enforcement off, whatever a route says: one line for a bad day.',
    examples: ['report'],
  }),
  server: serverSchema,
  drain: drainSchema,
  audit: auditSchema,
  store: storeSchema.optional(),
  redis: redisSchema.optional(),
  tests: testsSchema.optional(),
  identity: identityNamesSchema,
  defaults: defaultsSchema.prefault({}),
  key_files: z
    .array(z.string().min(1).max(4096))
    .max(MAX_KEY_FILES)
    .default([])
    .meta({
      description:
        'Files with more keys, relative to the policy: one entry of `keys` per line, as JSON. For thousands of keys, which would be slow to read as YAML. At most 64MB each, 4KB per line, 200000 keys in all.',
      examples: [['./keys.jsonl']],
    }),
}

/** What one entry of each mapping of names, and what its name may be. */
export const namedSchemas = {
  upstreams: { name: refName(), entry: upstreamSchema },
  authenticators: { name: refName(), entry: keyAuthenticatorSchema },
  limits: { name: limitName, entry: limitSettingsSchema },
}

/** One entry of each list. */
export const listedSchemas = { keys: keyEntrySchema, routes: routeSchema }

/** How many of them a file may have. */
export const LISTED_BOUNDS = { keys: MAX_KEYS, routes: MAX_ROUTES }

/** The whole file, for editors and for the look-up of names; it is parsed in pieces, see compile-sections.ts. */
export const fileSchema = z
  .strictObject({
    version: singleSchemas.version,
    listen: singleSchemas.listen,
    ops: singleSchemas.ops,
    admin: singleSchemas.admin,
    hosts: singleSchemas.hosts,
    trust: singleSchemas.trust,
    mode: singleSchemas.mode,
    server: singleSchemas.server,
    drain: singleSchemas.drain,
    audit: singleSchemas.audit,
    store: singleSchemas.store,
    redis: singleSchemas.redis,
    tests: singleSchemas.tests,
    identity: singleSchemas.identity,
    upstreams: z
      .record(namedSchemas.upstreams.name, namedSchemas.upstreams.entry)
      .optional()
      .meta({ description: 'The APIs to be guarded, by name.' }),
    authenticators: z
      .record(namedSchemas.authenticators.name, namedSchemas.authenticators.entry)
      .optional()
      .meta({
        description: 'Ways to tell who asks, by name. `key` (header x-api-key) exists without being written.',
      }),
    limits: z
      .record(namedSchemas.limits.name, namedSchemas.limits.entry)
      .optional()
      .meta({ description: 'Limits by name, so that routes and keys share them.' }),
    keys: z
      .array(listedSchemas.keys)
      .max(LISTED_BOUNDS.keys)
      .optional()
      .meta({ description: 'API keys, each as its hash.' }),
    key_files: singleSchemas.key_files,
    defaults: singleSchemas.defaults,
    routes: z
      .array(listedSchemas.routes)
      .min(1)
      .max(LISTED_BOUNDS.routes)
      .meta({ description: 'What is let through.' }),
  })
  .meta({ title: 'Sallyport policy', description: 'The policy file of Sallyport, see docs/policy.md.' })
