import { z } from 'zod'
import { holdsKey } from './format.ts'

const MAX_NAMES = 100
/** Without `_`: the front door refuses header names with it. */
const PLACE = /^(?:bearer|basic|header:[!#$%&'*+.^`|~0-9A-Za-z-]{1,64}|query:[A-Za-z0-9._~-]{1,64})$/
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$/
const NO_KEY =
  'must not hold a key itself: names are in logs and the audit; of a key only its `hash` belongs here'
const HASH_OF_KEY = '`printf %s "$KEY" | sha256sum` prints'
const PLACE_MESSAGE = 'write header:NAME, bearer, basic or query:NAME'

const place = z
  .string()
  .regex(PLACE, PLACE_MESSAGE)
  .refine((text) => text.toLowerCase() !== 'header:authorization', 'write bearer or basic for this header')
  .refine((text) => text.toLowerCase() !== 'header:cookie', 'a key in a cookie is not supported')
  .transform((text) => (text.startsWith('header:') ? text.toLowerCase() : text))

const text = z
  .string()
  .min(1)
  .max(200)
  // A control or format character would reach logs and the upstream's headers.
  .regex(/^[^\p{C}]+$/u, 'only printable characters')
  .refine(isNoKey, NO_KEY)
const names = z.array(text).max(MAX_NAMES)

function isNoKey(name: string): boolean {
  return !holdsKey(name)
}

/** The likeliest mistake is the key itself. The text is never shown: keys of other systems look like anything. */
function hashMistake(text: string): string {
  if (holdsKey(text))
    return `is the key itself, which belongs into no file: write sha256: and the 64 digits that ${HASH_OF_KEY}`
  return `write sha256: and 64 lower-case hex digits, as \`sallyport keys new\` prints it; those of a key that is there already ${HASH_OF_KEY}`
}

/** `authenticators.NAME` of `type: api_key`. */
export const keyAuthenticatorSchema = z
  .strictObject({
    type: z
      .literal('api_key')
      .meta({ description: 'Keys that are long-lived secrets.', examples: ['api_key'] }),
    in: z
      .array(place)
      .min(1)
      .max(8)
      .prefault(['header:x-api-key'])
      .meta({
        description:
          'Where a key may be: `header:NAME`, `bearer`, `basic` (as the password, with any user name) or `query:NAME`. A key in the query is cut out of what is forwarded and logged, but it stands in the history of browsers and in the logs of proxies in front.',
        examples: [['header:x-api-key', 'bearer']],
      }),
  })
  .meta({
    description: 'Finds and judges API keys.',
    examples: [{ type: 'api_key', in: ['header:x-api-key', 'bearer', 'basic'] }],
  })

/** One entry of `keys`. */
export const keyEntrySchema = z
  .strictObject({
    id: z
      .string()
      .regex(NAME, 'write 1 to 100 of letters, digits and . _ : @ -')
      .refine(isNoKey, NO_KEY)
      .meta({
        description: 'The name of the key in logs, limits and the audit trail.',
        examples: ['acme-prod'],
      }),
    hash: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/, { error: ({ input }) => hashMistake(String(input)) })
      .meta({
        description: 'SHA-256 of the key; the key itself is nowhere.',
        examples: [`sha256:${'0123456789abcdef'.repeat(4)}`],
      }),
    subject: text.optional().meta({
      description: 'Whom the key speaks for; by default its id.',
      examples: ['billing-service'],
    }),
    org: text.optional().meta({ description: 'The organisation the key belongs to.', examples: ['acme'] }),
    scopes: names.default([]).meta({ description: 'What the key may do.', examples: [['orders.read']] }),
    roles: names
      .default([])
      .meta({ description: 'Roles of whom the key speaks for.', examples: [['clerk']] }),
    limits: names.optional().meta({
      description: "Names of limits that take the place of the route's limits counted `by: key`.",
      examples: [['authenticated']],
    }),
    routes: z
      .array(z.string().min(1))
      .min(1)
      .max(1000)
      .optional()
      .meta({
        description: 'Ids of the only routes the key is good for. Absent: all that accept keys.',
        examples: [['orders']],
      }),
    expires: z
      .union([z.iso.date(), z.iso.datetime({ offset: true })], {
        error: 'write a date such as 2027-06-30 or a time such as 2027-06-30T12:00:00Z',
      })
      .optional()
      .meta({
        description: 'From this moment on the key is refused; a date is its first moment in UTC.',
        examples: ['2027-06-30', '2027-06-30T12:00:00Z'],
      }),
    revoked: z
      .boolean()
      .default(false)
      .meta({ description: 'Refuses the key at once.', examples: [true] }),
  })
  .meta({
    description: 'An API key, known only by its hash.',
    examples: [{ id: 'acme-prod', hash: `sha256:${'0123456789abcdef'.repeat(4)}`, org: 'acme' }],
  })

export type KeyAuthenticatorSettings = z.output<typeof keyAuthenticatorSchema>
export type KeyEntrySettings = z.output<typeof keyEntrySchema>
