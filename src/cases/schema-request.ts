import { z } from 'zod'
import { address, MAX_NAME, MAX_TEXT, sentFields, whenSound } from './schema-values.ts'

const MAX_NAMES = 100
const METHOD = /^[A-Z]{1,20}$/
/** What a request line can hold (RFC 9112 3): neither spaces nor anything beyond ASCII. */
const TARGET = /^[\x21-\x7e]{1,65536}$/
const SHORT = /^([A-Z]{1,20}) ([\x21-\x7e]{1,65536})$/

const requestObject = z.strictObject({
  method: z
    .string()
    .regex(METHOD, 'write a method in upper case, such as GET')
    .default('GET')
    .meta({ description: 'The method.', examples: ['POST'] }),
  path: z
    .string()
    .regex(TARGET, 'write path and query as they are sent: ASCII without spaces')
    .meta({ description: 'Path and query, as they are sent.', examples: ['/posts?x=1'] }),
  headers: sentFields()
    .default({})
    .meta({
      description: 'Header fields. A list is a field that comes more than once.',
      examples: [{ origin: 'https://shop.example.com' }],
    }),
  ip: address()
    .default('192.0.2.1')
    .meta({ description: 'The address that the connection comes from.', examples: ['192.0.2.1'] }),
  host: z
    .string()
    .max(1000)
    .optional()
    .meta({
      description: "The Host header. Default: the first of the policy's `hosts`, or `localhost`.",
      examples: ['api.example.com'],
    }),
  body: z
    .union([z.string().max(MAX_TEXT), z.record(z.string(), z.unknown()), z.array(z.unknown())], {
      error: 'write a text, or a mapping or list that is sent as JSON',
    })
    .optional()
    .meta({
      description: 'The body: a text, or a mapping or list that is sent as JSON with its content type.',
      examples: [{ title: 'a' }],
    }),
})

const shortRequest = z
  .string()
  .regex(SHORT, 'write METHOD and path, such as GET /posts?x=1')
  .transform((text) => {
    const [, method = '', path = ''] = SHORT.exec(text) ?? []
    return requestObject.parse({ method, path })
  })

export const requestSchema = z
  .union([shortRequest, requestObject], { error: 'write METHOD and path, such as GET /posts, or a mapping' })
  .meta({
    description: 'What the client sends: a mapping, or in short `GET /posts?x=1`.',
    examples: ['GET /posts?x=1'],
  })

const names = z.array(z.string().max(MAX_NAME)).max(MAX_NAMES)

const identityObject = z
  .strictObject({
    key: z
      .string()
      .optional()
      .meta({ description: 'The id of a key of the policy; its text is not needed.', examples: ['demo'] }),
    key_text: z
      .string()
      .max(MAX_TEXT)
      .optional()
      .meta({
        description: 'A key itself, shown where its authenticator looks first.',
        examples: ['${env:DEMO_KEY}'],
      }),
    authenticator: z
      .string()
      .optional()
      .meta({
        description:
          'The authenticator that `key` or `key_text` is shown to. Default: any, for `key_text` `key`.',
        examples: ['key'],
      }),
    subject: z
      .string()
      .max(MAX_NAME)
      .optional()
      .meta({ description: 'Somebody who is taken for authenticated, whoever it is.', examples: ['ann'] }),
    org: z
      .string()
      .max(MAX_NAME)
      .optional()
      .meta({ description: 'The org of `subject`.', examples: ['acme'] }),
    scopes: names.optional().meta({ description: 'The scopes of `subject`.', examples: [['orders.read']] }),
    roles: names.optional().meta({ description: 'The roles of `subject`.', examples: [['clerk']] }),
    limits: names.optional().meta({
      description: 'Names of limits that `subject` brings along, as a key can.',
      examples: [['authenticated']],
    }),
  })
  .refine(isOne, whenSound('must have one of `key`, `key_text` and `subject`'))
  .refine(isWhole, whenSound('`org`, `scopes`, `roles` and `limits` go with `subject` only'))

interface Who {
  readonly key?: string | undefined
  readonly key_text?: string | undefined
  readonly subject?: string | undefined
}

function isOne({ key, key_text: keyText, subject }: Who): boolean {
  return [key, keyText, subject].filter((one) => one !== undefined).length === 1
}

function isWhole({ subject, ...more }: Who & Readonly<Record<string, unknown>>): boolean {
  return (
    subject !== undefined || ['org', 'scopes', 'roles', 'limits'].every((name) => more[name] === undefined)
  )
}

export const identitySchema = z.union([z.enum(['none', 'unknown', 'ambiguous']), identityObject]).meta({
  description:
    'Who sends it: a key by its id or its text, somebody who is given, `unknown` (a credential that nobody knows), `ambiguous` (two that differ) or `none`. Default: what the headers show.',
  examples: [{ key: 'demo' }],
})

export type Identity = z.output<typeof identitySchema>
export type RequestSettings = z.output<typeof requestSchema>
