import { z } from 'zod'
import { addressSet } from '../../core/address.ts'

const MAX_RANGES = 1000

const range = z.string().superRefine((text, context) => {
  try {
    addressSet([text])
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as RangeError).message })
  }
})

export const accessSchema = z
  .strictObject({
    allow: z
      .array(range)
      .min(1)
      .max(MAX_RANGES)
      .optional()
      .meta({
        description: 'The only client addresses that may use the route. Absent: all.',
        examples: [['10.0.0.0/8', '2001:db8::/32']],
      }),
    deny: z
      .array(range)
      .min(1)
      .max(MAX_RANGES)
      .optional()
      .meta({
        description: 'Client addresses that may not use the route, even when `allow` names them.',
        examples: [['10.6.6.6']],
      }),
  })
  .refine(({ allow, deny }) => allow !== undefined || deny !== undefined, 'write `allow`, `deny` or both')
  .meta({
    description: 'Client address lists, judged before any credential is looked at.',
    examples: [{ allow: ['10.0.0.0/8'], deny: ['10.6.6.6'] }],
  })

export type AccessSettings = z.output<typeof accessSchema>
