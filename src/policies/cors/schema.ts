import { z } from 'zod'
import { duration } from '../units.ts'
import { originProblem } from './origins.ts'

const MAX_NAMES = 100
const MAX_ORIGINS = 1000
const TOKEN = /^[!#$%&'+.^_`|~0-9A-Za-z-]{1,64}$/
const TOKEN_MESSAGE = 'write a header name; leave the list out instead of writing *'
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

const origin = z.string().superRefine((text, context) => {
  const message = originProblem(text)
  if (message !== null) context.addIssue({ code: 'custom', message })
})
const headerNames = z.array(z.string().regex(TOKEN, TOKEN_MESSAGE)).max(MAX_NAMES)

export const corsSchema = z
  .strictObject({
    origins: z
      .array(origin)
      .min(1)
      .max(MAX_ORIGINS)
      .meta({
        description:
          'Origins whose scripts may read replies: exact ones, `https://*.example.com` for every host below a domain, `null` only where it is written, or `*` for all.',
        examples: [['https://shop.example.com', 'https://*.example.com']],
      }),
    methods: z
      .array(z.enum(METHODS))
      .min(1)
      .optional()
      .meta({
        description: "Methods that a script may use. Default: the route's.",
        examples: [['GET', 'POST']],
      }),
    headers: headerNames.optional().meta({
      description: 'Request headers that a script may set. Default: whichever it asks for.',
      examples: [['content-type', 'x-api-key']],
    }),
    expose_headers: headerNames
      .min(1)
      .optional()
      .meta({
        description: 'Reply headers that a script may read.',
        examples: [['x-request-id', 'ratelimit']],
      }),
    credentials: z
      .boolean()
      .default(false)
      .meta({
        description: "Lets browsers send cookies and the user's other credentials along.",
        examples: [true],
      }),
    max_age: duration()
      .prefault('10m')
      .meta({
        description: 'For how long a browser may keep the answer to a preflight.',
        examples: ['1h'],
      }),
  })
  .meta({
    description: 'Which web pages of other origins may use the route. Without it: none.',
    examples: [{ origins: ['https://shop.example.com'], credentials: true }],
  })

export type CorsSettings = z.output<typeof corsSchema>
