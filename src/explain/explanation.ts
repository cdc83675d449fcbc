import { z } from 'zod'

const time = z.string().meta({ format: 'date-time' })
const nullable = z.string().nullable()

const verdictSchema = z.enum(['pass', 'skip', 'answer', 'refuse', 'report', 'not_reached']).meta({
  description: '`report`: it would refuse, and report mode lets the request through.',
})

const checkSchema = z.object({
  check: z.string().meta({ description: '`door` and `match` come before the checks of the route.' }),
  verdict: verdictSchema,
  code: nullable.meta({ description: 'See docs/errors.md.' }),
  note: nullable,
})

const principalSchema = z.object({
  kind: z.enum(['anonymous', 'key', 'token']),
  subject: z.string(),
  org: z.string(),
  scopes: z.array(z.string()),
  roles: z.array(z.string()),
  key_id: z.string(),
  authenticator: z.string(),
})

const windowSchema = z.object({
  rate: z.string().meta({ description: 'As the policy writes it, such as `60/minute`.' }),
  max: z.number(),
  remaining: z.number().nullable().meta({ description: 'Now, before the request. null: no bound.' }),
  resets_at: time.nullable().meta({ description: 'When all that was spent is given back.' }),
})

export const bucketSchema = z.object({
  limit: z.string(),
  by: z.array(z.string()),
  bucket: z.string().meta({ description: 'For people, such as `key acme-prod`.' }),
  key: z.string().meta({ description: 'By which it is stored.' }),
  cost: z.number(),
  effect: z.enum(['charged', 'given_back', 'refuses', 'not_charged']),
  windows: z.array(windowSchema),
  concurrent: z.object({ max: z.number(), free: z.number() }).nullable(),
  shut_until: time.nullable().meta({ description: 'Until when a cooldown keeps it shut.' }),
  counted_in: z.enum(['nowhere', 'process', 'store', 'fallback']),
  lease: z
    .object({
      replicas: z.number(),
      lease: z.number(),
      overshoot: z
        .number()
        .meta({ description: 'Replicas times lease: the most beyond the max in a window.' }),
      at_most: z.number(),
    })
    .nullable()
    .meta({ description: 'Of a limit with `accuracy: leased`.' }),
})

const fieldSchema = z.object({ name: z.string(), value: z.string(), from: z.string() })

const routeSchema = z.object({
  id: z.string(),
  pattern: z.string(),
  methods: z.array(z.string()),
  hosts: z.array(z.string()).nullable(),
  mode: z.enum(['enforce', 'partly', 'report']),
  reported: z.array(z.string()).meta({ description: 'Checks that are only reported.' }),
  enforced_percent: z.number(),
})

const upstreamSchema = z.object({
  name: z.string(),
  origins: z.array(z.string()),
  target: nullable.meta({ description: 'Path and query for it; null: `strip_prefix` leaves no path.' }),
  timeout: z.object({ connect_ms: z.number(), response_ms: z.number(), idle_ms: z.number() }),
  retry: z.object({ attempts: z.number(), budget_percent: z.number() }),
  circuit: z
    .object({
      error_percent: z.number(),
      window_ms: z.number(),
      min_requests: z.number(),
      open_for_ms: z.number(),
      state: z.enum(['closed', 'open', 'half_open']).nullable().meta({ description: 'null: not known.' }),
    })
    .nullable(),
})

const requestSchema = z.object({
  id: z.string(),
  at: time,
  method: z.string(),
  target: z.string().meta({ description: 'Values of credentials in it are masked.' }),
  path: nullable.meta({ description: 'Canonical: what is matched and what is sent.' }),
  host: nullable,
  scheme: nullable,
  client: z.string(),
  client_why: z.string(),
  peer: z.string(),
  websocket: z.boolean(),
  body_bytes: z.number().nullable().meta({ description: 'null: not declared.' }),
})

const outcomeShape = {
  outcome: z.enum(['forward', 'refuse', 'answer']),
  status: z.number().nullable().meta({ description: 'null: that of the upstream.' }),
  code: nullable,
  title: nullable.meta({ description: 'All that the client is told.' }),
  help: nullable.meta({ description: 'What can be done about it.' }),
  why: nullable,
}

const explanationSchema = z
  .object({
    kind: z.literal('request'),
    policy: z.string().meta({ description: 'The hash of the policy that judged.' }),
    counters: z.enum(['fresh', 'live']).meta({ description: '`fresh`: as if nothing had been counted yet.' }),
    request: requestSchema,
    ...outcomeShape,
    route: routeSchema.nullable(),
    near_misses: z.array(
      z.object({
        id: z.string(),
        pattern: z.string(),
        methods: z.array(z.string()),
        hosts: z.array(z.string()).nullable(),
        why: z.array(z.string()),
      }),
    ),
    more_near_misses: z.number(),
    checks: z.array(checkSchema),
    principal: principalSchema.nullable(),
    buckets: z.array(bucketSchema),
    upstream: upstreamSchema.nullable().meta({ description: 'null: it is not asked.' }),
    to_upstream: z.array(fieldSchema),
    not_to_upstream: z.array(z.object({ name: z.string(), value: z.string(), why: z.string() })),
    to_client: z.array(fieldSchema),
    not_to_client: z
      .array(z.string())
      .meta({ description: 'Names of fields that are taken out of the reply of the upstream.' }),
    warnings: z.array(z.string()),
  })
  .meta({ description: 'What the gate would do with a request.' })

export const pastSchema = z
  .object({
    kind: z.literal('decision'),
    id: z.string(),
    at: time,
    policy: z.string().meta({ description: 'The hash of the policy that judged.' }),
    is_in_force: z.boolean().nullable().meta({ description: 'Whether it still is; null: not known.' }),
    method: nullable,
    path: nullable,
    host: nullable,
    client: z.string(),
    route: nullable,
    principal: principalSchema.omit({ scopes: true, roles: true }),
    outcome: z.enum(['forward', 'refuse', 'answer', 'malformed']),
    status: z.number(),
    code: nullable,
    title: nullable,
    help: nullable,
    why: nullable,
    checks: z.array(checkSchema),
    reported: z.array(z.string()),
    warnings: z.array(z.string()),
    upstream: nullable,
    upstream_ms: z.number().nullable(),
    duration_ms: z.number(),
    bytes_in: z.number(),
    bytes_out: z.number(),
    retries: z.number(),
    is_aborted: z.boolean(),
  })
  .meta({ description: 'What the gate did with a request, as it was written down.' })

export const answerSchema = z.discriminatedUnion('kind', [explanationSchema, pastSchema])

export type Explanation = z.output<typeof explanationSchema>
export type Past = z.output<typeof pastSchema>
export type Check = z.output<typeof checkSchema>
export type Bucket = z.output<typeof bucketSchema>
