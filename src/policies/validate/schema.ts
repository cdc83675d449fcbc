import { z } from 'zod'
import { byteSize } from '../units.ts'

const MAX_NAMES = 1000
const DEFAULT_MAX_PARAMS = 100

const names = z.array(z.string().min(1).max(200)).max(MAX_NAMES)

export const validateSchema = z
  .strictObject({
    max_body: byteSize()
      .optional()
      .meta({
        description:
          'The largest body. Default: 1MB where `body` is written, otherwise no bound here. A body of undeclared length is cut off when it grows larger.',
        examples: ['64KB', '1MB'],
      }),
    body: z
      .string()
      .min(1)
      .optional()
      .meta({
        description:
          'A JSON Schema file (draft 2020-12, or draft-07 where its `$schema` says so) that the body must meet. It is relative to the policy file, and may only refer to itself.',
        examples: ['./schemas/order.json'],
      }),
    query: z
      .strictObject({
        allowed: names.optional().meta({
          description: 'The only parameters there may be, with those that are required.',
          examples: [['page', 'per_page']],
        }),
        required: names
          .min(1)
          .optional()
          .meta({
            description: 'Parameters that must be there.',
            examples: [['tenant']],
          }),
        max_params: z
          .int()
          .min(0)
          .max(10_000)
          .default(DEFAULT_MAX_PARAMS)
          .meta({
            description: 'The most parameters, counting repeated ones.',
            examples: [20],
          }),
        repeated: z
          .boolean()
          .default(false)
          .meta({
            description:
              'Whether a parameter may come twice. Servers differ in which one they believe, so by default not.',
            examples: [true],
          }),
      })
      .optional()
      .meta({
        description: 'What the query may hold. Parameters that carry a key are not looked at.',
        examples: [{ allowed: ['page'], required: ['tenant'] }],
      }),
  })
  .meta({
    description: 'What a request must look like: size, query, JSON body.',
    examples: [{ max_body: '1MB', body: './schemas/order.json' }],
  })

export type ValidateSettings = z.output<typeof validateSchema>
export type QuerySettings = NonNullable<ValidateSettings['query']>
