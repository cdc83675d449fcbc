import { z } from 'zod'
import { byteSize, duration, timerDuration } from '../policies/units.ts'
import { headerName, listenAddress } from './schema-values.ts'

const MAX_CONNECTIONS = 1_000_000
const MAX_HEADERS = 1000
/** The program itself takes up to 150 MB. */
const MIN_MEMORY = 192 * 1024 * 1024

/** `server`: bounds on what clients may do to the listener. */
export const serverSchema = z
  .strictObject({
    max_connections: z
      .int()
      .min(1)
      .max(MAX_CONNECTIONS)
      .default(10_000)
      .meta({
        description: 'Connections of clients at one time; more are closed.',
        examples: [10_000],
      }),
    max_headers: z
      .int()
      .min(10)
      .max(MAX_HEADERS)
      .default(100)
      .meta({
        description: 'Header fields of one request.',
        examples: [100],
      }),
    max_header_size: byteSize()
      .refine((bytes) => bytes >= 1024 && bytes <= 262_144, 'from 1KB to 256KB')
      .prefault('16KB')
      .meta({ description: 'All header fields of one request together.', examples: ['16KB'] }),
    max_target: byteSize()
      .refine((bytes) => bytes >= 256 && bytes <= 65_536, 'from 256B to 64KB')
      .prefault('8KB')
      .meta({ description: 'Path and query of one request together.', examples: ['8KB'] }),
    max_memory: z
      .union([z.enum(['auto', 'off']), byteSize().refine((bytes) => bytes >= MIN_MEMORY, 'at least 192MB')], {
        error: 'write a size of at least 192MB, `auto` or `off`',
      })
      .prefault('auto')
      .meta({
        description:
          'What the process may take: from 85 % on connections are not kept alive, from 95 % on requests are refused. `auto` is the limit of the container, if it has one.',
        examples: ['256MB'],
      }),
    timeout: z
      .strictObject({
        headers: timerDuration()
          .prefault('10s')
          .meta({
            description: 'How long the header section may take to arrive.',
            examples: ['10s'],
          }),
        request: z
          .union([z.literal(0), duration()], { error: 'write a duration such as 5m, or 0 for none' })
          .prefault('5m')
          .meta({
            description: 'How long the whole request may take to arrive, body included; `0` is no bound.',
          }),
        keep_alive: timerDuration()
          .prefault('72s')
          .meta({
            description: 'How long an idle connection is kept for the next request.',
            examples: ['72s'],
          }),
        idle: timerDuration()
          .prefault('60s')
          .meta({
            description: 'The longest pause of a client that is sending a request or reading a reply.',
            examples: ['60s'],
          }),
      })
      .prefault({})
      .meta({ description: 'The clocks of the listener.' }),
  })
  .prefault({})
  .meta({ description: 'Bounds on what clients may do to the listener.' })

/** `drain`: how a process ends that was told to. */
export const drainSchema = z
  .strictObject({
    delay: duration()
      .prefault('5s')
      .meta({
        description: 'How long requests are still taken after SIGTERM, while load balancers learn of it.',
        examples: ['5s'],
      }),
    grace: duration()
      .prefault('25s')
      .meta({
        description: 'How long requests under way may take to finish after that.',
        examples: ['25s'],
      }),
  })
  .prefault({})
  .meta({ description: 'How the process ends when it is told to.' })

const sinkSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('stdout').meta({ description: 'Standard output.', examples: ['stdout'] }),
  }),
  z.strictObject({
    type: z.literal('file').meta({ description: 'A file that is appended to.', examples: ['file'] }),
    path: z
      .string()
      .min(1)
      .max(4096)
      .meta({
        description:
          'Its path, relative to the working directory; all other paths of this file are relative to the policy.',
        examples: ['/var/log/sallyport/audit.jsonl'],
      }),
  }),
])

/** `audit`: one line of JSON per request. */
export const auditSchema = z
  .strictObject({
    sinks: z
      .array(sinkSchema)
      .max(8)
      .prefault([{ type: 'stdout' }])
      .meta({
        description:
          'Where the lines go: `{ type: stdout }`, or `{ type: file, path: … }`. The `path` is relative to the working directory, while all other paths of this file are relative to the policy.',
        examples: [[{ type: 'stdout' }]],
      }),
    durability: z
      .literal('after_reply')
      .default('after_reply')
      .meta({
        description: 'Lines are written behind the reply.',
        examples: ['after_reply'],
      }),
  })
  .prefault({})
  .meta({ description: 'One line of JSON per request.' })

/** `admin`: absent is no admin listener. */
export const adminSchema = z
  .strictObject({
    listen: listenAddress().meta({
      description: 'Where the admin API listens.',
      examples: ['127.0.0.1:9902'],
    }),
    token: z
      .string()
      .min(16)
      .max(1024)
      .meta({
        description: 'The bearer token of the admin API: a reference, not the token itself.',
        examples: [`\${env:SALLYPORT_ADMIN_TOKEN}`],
      }),
  })
  .meta({ description: 'The admin API; absent is no admin listener.' })

function identityName(fallback: string, what: string) {
  return z
    .union([z.literal('off').transform(() => null), headerName()])
    .prefault(fallback)
    .meta({ description: `The header for ${what}, or \`off\`.`, examples: [fallback] })
}

/** `identity`: names of the headers that tell the upstream who asks. */
export const identityNamesSchema = z
  .strictObject({
    subject: identityName('x-sallyport-subject', 'whom the credential speaks for'),
    org: identityName('x-sallyport-org', 'the organisation'),
    scopes: identityName('x-sallyport-scopes', 'the scopes'),
    roles: identityName('x-sallyport-roles', 'the roles'),
    key_id: identityName('x-sallyport-key-id', 'the id of the key'),
    auth: identityName('x-sallyport-auth', 'the name of the authenticator'),
  })
  .prefault({})
  .meta({
    description: 'Names of the headers that tell the upstream who asks; copies sent by clients never pass.',
  })
