import { z } from 'zod'

const MAX_AUTHENTICATORS = 8

const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9_-]{0,63}$/,
    'write `none` or the name of an authenticator: lower-case letters, digits, - and _',
  )

export const authSchema = z
  .union([name, z.array(name).min(1).max(MAX_AUTHENTICATORS)], {
    error: 'write `none`, the name of an authenticator, or a list of them',
  })
  .meta({
    description:
      'Who may use the route: the authenticators of which any one is enough. `none` lets requests without a credential in; it must be written out.',
    examples: ['none', ['key'], ['key', 'none']],
  })

export type AuthSettings = z.output<typeof authSchema>
