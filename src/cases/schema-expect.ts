import { RE2JS } from 're2js'
import { z } from 'zod'
import { headerValue } from '../config/schema-values.ts'
import { CODES, type Code } from '../core/codes.ts'
import { fieldName, MAX_TEXT, whenSound } from './schema-values.ts'

const OUTCOMES = ['forward', 'refuse', 'answer'] as const
const CODE_NAMES = Object.keys(CODES) as [Code, ...Code[]]
const MAX_PATTERN = 1000
const MAX_CHECKS = 100

/** Patterns run on RE2, whose time is linear in the text: a case cannot hold up a gate that runs it. */
const pattern = z
  .string()
  .min(1, 'must not be empty: that is found in every text; `.` is any text but an empty one')
  .max(MAX_PATTERN)
  .refine(isPattern, 'is not a regular expression of RE2')
  .meta({ description: 'A regular expression that is found in the text.', examples: ['^max-age=\\d+'] })

function isPattern(text: string): boolean {
  try {
    RE2JS.compile(RE2JS.translateRegExp(text))
    return true
  } catch {
    return false
  }
}

const written = z.union([headerValue(), z.number().transform(String)], {
  error: 'write a text, `null`, or `{ matches: PATTERN }`',
})
const matching = z
  .strictObject({ matches: pattern })
  .meta({ description: 'The text holds this pattern.', examples: [{ matches: '^https://' }] })

/** One field: its value, `null` for "not there", or a pattern. */
const expectedFields = z.record(fieldName(), z.union([written, matching, z.null()])).meta({
  description: 'Fields by name, in any case: a value, `null` for a field that is not there, or a pattern.',
  examples: [{ 'retry-after': '60', server: null }],
})

const expectedBody = z
  .union([z.string().max(MAX_TEXT), matching], { error: 'write a text or `{ matches: PATTERN }`' })
  .meta({
    description: 'The whole body, or a pattern in it.',
    examples: [{ matches: '"code":"key_missing"' }],
  })

const code = z.enum(CODE_NAMES, 'is no code of docs/errors.md')

const expectedUpstream = z
  .strictObject({
    method: z
      .string()
      .optional()
      .meta({ description: 'The method that it is asked with.', examples: ['GET'] }),
    path: z
      .string()
      .optional()
      .meta({ description: 'Path and query that it is asked for.', examples: ['/comments?postId=1'] }),
    headers: expectedFields.optional(),
    body: expectedBody.optional(),
  })
  .refine(isSaid, whenSound('must say something'))

function isSaid(value: Readonly<Record<string, unknown>>): boolean {
  return Object.values(value).some((one) => one !== undefined)
}

/** What is expected of a case; only what is written is compared. */
export const expectSchema = z
  .strictObject({
    outcome: z
      .enum(OUTCOMES)
      .optional()
      .meta({
        description:
          '`forward`: it goes to the API. `refuse`: it does not. `answer`: the gate replies itself.',
        examples: ['refuse'],
      }),
    route: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'The id of the route that it matches; `null` for none.', examples: ['orders'] }),
    code: code
      .nullable()
      .optional()
      .meta({
        description: 'Why the gate answers itself; `null` for no reason.',
        examples: ['rate_limited'],
      }),
    status: z
      .int()
      .min(100)
      .max(599)
      .optional()
      .meta({ description: 'The status that the client gets.', examples: [429] }),
    headers: expectedFields.optional(),
    body: expectedBody.optional(),
    upstream: expectedUpstream
      .nullable()
      .optional()
      .meta({
        description: 'The request that the API gets; `null` when it must get none.',
        examples: [{ path: '/orders', headers: { 'x-sallyport-key-id': 'acme-prod' } }],
      }),
    charged: z
      .record(z.string(), z.int().min(0))
      .optional()
      .meta({
        description:
          'What is charged to each limit, by name, and nothing to any other; `{}` for nothing at all.',
        examples: [{ authenticated: 1 }],
      }),
    checks: z
      .array(z.string().max(MAX_TEXT))
      .max(MAX_CHECKS)
      .optional()
      .meta({
        description: 'The names of the checks that are asked, in order, up to the one that ends the request.',
        examples: [['cors', 'auth', 'limit', 'identity']],
      }),
    reported: z
      .array(code)
      .max(MAX_CHECKS)
      .optional()
      .meta({
        description: 'The refusals that report mode writes down and lets through, in order.',
        examples: [['scope_missing']],
      }),
  })
  .refine(isSaid, whenSound('must say something'))
  .meta({
    description: 'What must come of it. What is not written is not compared.',
    examples: [{ outcome: 'refuse', code: 'key_missing', status: 401 }],
  })

export type Expect = z.output<typeof expectSchema>
export type ExpectedFields = z.output<typeof expectedFields>
export type ExpectedBody = z.output<typeof expectedBody>
