import { z } from 'zod'
import { circuitSchema } from '../policies/circuit/schema.ts'
import { retrySchema } from '../policies/retry/schema.ts'
import { timeoutSchema } from '../policies/timeout/schema.ts'
import { tlsTrust } from './schema-tls.ts'
import { upstreamUrl } from './schema-values.ts'

const MAX_TARGETS = 64

const tlsSchema = z
  .strictObject({
    verify: z
      .boolean()
      .default(true)
      .meta({
        description:
          'Whether the certificate of the upstream must be valid. `false` lets anybody in between read all.',
        examples: [true],
      }),
    ...tlsTrust({ ca: './ca.pem', serverName: 'legacy.internal' }),
  })
  .meta({ description: 'How an https upstream is believed.' })

/** `upstreams.NAME`: an API to be guarded. */
export const upstreamSchema = z
  .strictObject({
    url: upstreamUrl()
      .optional()
      .meta({
        description: 'Where the API is. A path in it is put in front of every path.',
        examples: ['http://127.0.0.1:3000'],
      }),
    targets: z
      .array(upstreamUrl())
      .min(1)
      .max(MAX_TARGETS)
      .optional()
      .meta({
        description: 'Several equal places instead of `url`.',
        examples: [['http://10.0.0.1:3000', 'http://10.0.0.2:3000']],
      }),
    preserve_host: z
      .boolean()
      .default(true)
      .meta({
        description: "Hands on the client's `Host`, so that absolute URLs made by the API keep working.",
        examples: [true],
      }),
    timeout: timeoutSchema.optional(),
    circuit: circuitSchema.optional(),
    retry: retrySchema.optional(),
    tls: tlsSchema.prefault({}),
  })
  .refine(
    ({ url, targets }) => (url === undefined) !== (targets === undefined),
    'write either `url` or `targets`',
  )
  .refine(
    ({ targets }) => new Set((targets ?? []).map(({ basePath }) => basePath)).size <= 1,
    'all `targets` must have the same path',
  )
  .meta({ description: 'An API to be guarded.', examples: [{ url: 'http://127.0.0.1:3000' }] })

export type UpstreamOutput = z.output<typeof upstreamSchema>
