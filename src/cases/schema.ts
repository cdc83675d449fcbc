import { z } from 'zod'
import { jsonSchemaOf } from '../config/json-schema.ts'
import { percent } from '../policies/units.ts'
import { expectSchema } from './schema-expect.ts'
import { identitySchema, requestSchema } from './schema-request.ts'
import { MAX_NAME, MAX_TEXT, moment, sentFields, whenSound } from './schema-values.ts'

/** The most cases in one file. */
export const MAX_CASES = 10_000
const MAX_REPEAT = 1000
const MAX_SPENT = 1_000_000_000
const FAILURES = ['timeout', 'unreachable', 'invalid', 'reset'] as const
const spent = z.int().min(0).max(MAX_SPENT)

const countersSchema = z
  .record(
    z.string(),
    z.union(
      [
        spent,
        z.literal('unavailable'),
        z.strictObject({
          spent: spent.default(0).meta({ description: 'What is spent of its windows.', examples: [5] }),
          under_way: z
            .int()
            .min(0)
            .max(MAX_REPEAT)
            .default(0)
            .meta({ description: 'Requests that hold a place of `concurrent`.', examples: [2] }),
        }),
      ],
      { error: 'write a number, `{ spent, under_way }` or `unavailable`' },
    ),
  )
  .meta({
    description:
      'What is spent, at this very time, of the buckets that this request is counted in, by the name of the limit; `unavailable`: the shared store does not answer.',
    examples: [{ authenticated: 60 }],
  })

export const upstreamSchema = z
  .strictObject({
    status: z
      .int()
      .min(200)
      .max(599)
      .optional()
      .meta({ description: 'Default: 200.', examples: [201] }),
    headers: sentFields()
      .optional()
      .meta({ description: 'Fields of the reply.', examples: [{ server: 'Apache' }] }),
    body: z
      .string()
      .max(MAX_TEXT)
      .optional()
      .meta({ description: 'Default: empty.', examples: ['[]'] }),
    fails: z
      .enum(FAILURES)
      .optional()
      .meta({ description: 'It gives no usable reply, for this reason.', examples: ['timeout'] }),
  })
  .refine(
    ({ fails, status, headers, body }) => fails === undefined || (status ?? headers ?? body) === undefined,
    whenSound('a reply that `fails` has no `status`, `headers` and `body`'),
  )
  .meta({ description: 'What the API replies. Default: 200 and nothing.', examples: [{ status: 404 }] })

const MAX_BEFORE = 20
const MAX_BEFORE_REPEAT = 100

/** What was sent before the request that a case is about. */
const beforeSchema = z
  .array(
    z.strictObject({
      request: requestSchema,
      identity: identitySchema.optional(),
      repeat: z
        .int()
        .min(1)
        .max(MAX_BEFORE_REPEAT)
        .default(1)
        .meta({ description: 'How many times it is sent.', examples: [30] }),
    }),
  )
  .max(MAX_BEFORE)
  .meta({
    description:
      'Requests that come before it and are counted, by whoever sends them: to see whose requests count together.',
    examples: [[{ request: { path: '/', ip: '192.0.2.8' }, repeat: 30 }]],
  })

export const caseSchema = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(MAX_NAME)
      .meta({ description: 'What is tested, in words.', examples: ['without a key nobody reads posts'] }),
    request: requestSchema,
    identity: identitySchema.optional(),
    at: moment()
      .optional()
      .meta({
        description: 'The time at which it comes. Default: now.',
        examples: ['2027-01-31T23:59:59Z'],
      }),
    counters: countersSchema.optional(),
    before: beforeSchema.optional(),
    upstream: upstreamSchema.optional(),
    repeat: z
      .int()
      .min(1)
      .max(MAX_REPEAT)
      .default(1)
      .meta({
        description:
          'How many times it is sent, all at the same time of the clock; `expect` is about the last.',
        examples: [6],
      }),
    expect: expectSchema,
  })
  .meta({ description: 'One request, and what must come of it.' })

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/

/** All but the cases, which are read one by one so that each mistake is found. */
export const headSchema = z.strictObject({
  version: z.literal(1).meta({ description: 'The form of this file.', examples: [1] }),
  policy: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .meta({
      description:
        'The policy under test, relative to this file. Default: NAME.test.yaml is about NAME.yaml.',
      examples: ['./policy.yaml'],
    }),
  env: z
    .record(z.string().regex(ENV_NAME, 'is not the name of an environment variable'), z.string().max(65_536))
    .default({})
    .meta({
      description: "What `${env:NAME}` in the policy stands for here; it goes before the process's own.",
      examples: [{ DEMO_KEY_HASH: 'sha256:…' }],
    }),
  coverage: percent()
    .optional()
    .meta({ description: 'The least share that the cases must cover. Absent: none.', examples: ['100%'] }),
  cases: z.array(z.unknown()).min(1).meta({ description: 'What is tested.' }),
})

/** The whole file, for editors. */
const testFileSchema = z
  .strictObject({
    ...headSchema.shape,
    cases: z.array(caseSchema).min(1).max(MAX_CASES).meta({ description: 'What is tested.' }),
  })
  .meta({ title: 'Sallyport policy tests', description: 'Tests of a policy, see docs/testing.md.' })

/** The JSON Schema of test files as text, for config/policy.test.schema.json and `sallyport schema --tests`. */
export function testsJsonSchema(): string {
  return `${JSON.stringify(jsonSchemaOf(testFileSchema), null, 2)}\n`
}

export type CaseSettings = z.output<typeof caseSchema>
export type Counters = z.output<typeof countersSchema>
export type UpstreamSettings = z.output<typeof upstreamSchema>
