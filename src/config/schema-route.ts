import { z } from 'zod'
import { access } from '../policies/access/index.ts'
import { auth } from '../policies/auth/index.ts'
import { cors } from '../policies/cors/index.ts'
import { guard } from '../policies/guard/index.ts'
import { identity } from '../policies/identity/index.ts'
import { POLICIES } from '../policies/index.ts'
import { limit } from '../policies/limit/index.ts'
import { costSchema, limitHeadersSchema } from '../policies/limit/schema.ts'
import { scopes } from '../policies/scopes/index.ts'
import { percent } from '../policies/units.ts'
import { validate } from '../policies/validate/index.ts'
import { METHODS } from './methods.ts'
import { headerName, headerValue, hostPattern, refName } from './schema-values.ts'

const MAX_HEADERS = 100
const ID = /^[a-z0-9][a-z0-9._-]{0,99}$/

const matchSchema = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .max(2048)
      .meta({
        description:
          'Path pattern: `/orders`, `/orders/:id`, `/api/*` (what is below /api/, not /api itself).',
        examples: ['/api/orders/*', '/orders/:id'],
      }),
    methods: z
      .array(z.enum(METHODS, 'write a method in upper case, such as GET; CONNECT and TRACE are never served'))
      .min(1)
      .optional()
      .meta({
        description:
          'Upper-case methods; `GET` includes `HEAD`. Absent: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS.',
        examples: [['GET', 'POST']],
      }),
    hosts: z
      .array(hostPattern())
      .min(1)
      .max(100)
      .optional()
      .meta({
        description: 'Only for these hosts. Such a route goes before those without `hosts`.',
        examples: [['api.example.com', '*.example.org']],
      }),
  })
  .meta({ description: 'Which requests. The most specific route wins; ties are refused.' })

const pathSchema = z
  .strictObject({
    encoded_slash: z
      .enum(['reject', 'allow'])
      .default('reject')
      .meta({
        description: 'Whether `%2F` may be in the path; it is kept as sent and never decoded.',
        examples: ['reject'],
      }),
    case: z
      .enum(['sensitive', 'insensitive'])
      .default('sensitive')
      .meta({
        description: 'Whether upper and lower case are told apart. Choose what the API does.',
        examples: ['sensitive'],
      }),
    trailing_slash: z
      .enum(['strict', 'ignore'])
      .default('strict')
      .meta({
        description: 'Whether `/orders/` is another path than `/orders`. Choose what the API does.',
        examples: ['strict'],
      }),
  })
  .meta({ description: 'How the path is read.', examples: [{ encoded_slash: 'allow' }] })

const fieldsSchema = z
  .strictObject({
    set: z
      .record(z.string(), headerValue())
      .optional()
      .meta({
        description: 'Fields that replace those of the same name.',
        examples: [{ 'cache-control': 'no-store' }],
      }),
    remove: z
      .array(headerName())
      .max(MAX_HEADERS)
      .optional()
      .meta({ description: 'Names of fields that do not pass.', examples: [['x-debug']] }),
  })
  .meta({ description: 'Header fields to set and to remove.' })

const headersSchema = z
  .strictObject({ request: fieldsSchema.optional(), response: fieldsSchema.optional() })
  .meta({
    description: 'Header fields to set and to remove, on the way to the upstream and on the way back.',
    examples: [{ request: { remove: ['x-debug'] }, response: { set: { 'cache-control': 'no-store' } } }],
  })

/** Policies with checks that can refuse: what `mode` may name. */
export const REPORTABLE = POLICIES.filter(({ codes }) => codes.length > 0)

export const modeSchema = z.enum(['enforce', 'report'])

function oneMode(key: string) {
  return modeSchema.optional().meta({ description: `For \`${key}\` alone.`, examples: ['report'] })
}

const checkModesSchema = z.strictObject(Object.fromEntries(REPORTABLE.map(({ key }) => [key, oneMode(key)])))

/** Settings that a route may have and `defaults` may give it; merged shallowly, the route's value replaces. */
const shared = {
  auth: auth.schema.optional(),
  allow: scopes.schema.optional(),
  limits: limit.schema.optional(),
  limit_headers: limitHeadersSchema.optional(),
  cost: costSchema.optional(),
  cors: cors.schema.optional(),
  guard: guard.schema.optional(),
  access: access.schema.optional(),
  validate: validate.schema.optional(),
  forward_credential: identity.schema.optional(),
  path: pathSchema.optional(),
  strip_prefix: z
    .string()
    .min(1)
    .max(2048)
    .optional()
    .meta({
      description: 'Cut from the front of the path that goes to the upstream, on a segment boundary.',
      examples: ['/api'],
    }),
  headers: headersSchema.optional(),
  upstream: refName()
    .optional()
    .meta({ description: 'Name of the upstream.', examples: ['legacy'] }),
  websocket: z
    .boolean()
    .optional()
    .meta({
      description: 'Whether clients may switch to WebSocket. Default: false.',
      examples: [false],
    }),
  mode: z
    .union([modeSchema, checkModesSchema])
    .optional()
    .meta({
      description:
        '`report` decides, counts and audits, but never blocks or changes a reply. For all checks, or for each by its key: those that are not named are enforced. Default: enforce.',
      examples: ['report', { limits: 'report', allow: 'report' }],
    }),
  enforce: percent()
    .optional()
    .meta({
      description:
        'Gradual roll-out: to this share of principals the checks that `mode` puts into report are enforced all the same; without `mode`, all checks. The others are only reported.',
      examples: ['10%'],
    }),
}

export const defaultsSchema = z.strictObject(shared).meta({
  description: 'Settings for all routes; what a route writes replaces.',
  examples: [{ auth: ['key'] }],
})

export const routeSchema = z
  .strictObject({
    id: z
      .string()
      .regex(ID, 'write lower-case letters, digits and . _ -')
      .meta({
        description: 'The name of the route in logs, metrics and the audit trail.',
        examples: ['orders'],
      }),
    match: matchSchema,
    ...shared,
  })
  .meta({ description: 'Requests of one kind and what is asked of them. What no route matches is refused.' })

export type RouteOutput = z.output<typeof routeSchema>
export type RouteShared = z.output<typeof defaultsSchema>
