import { z } from 'zod'

const MAX_NAMES = 100

const names = z.array(z.string().min(1).max(200)).min(1).max(MAX_NAMES)

export const scopesSchema = z
  .strictObject({
    scopes: names.optional().meta({
      description: 'Scopes that the principal must hold, all of them.',
      examples: [['orders.read', 'orders.write']],
    }),
    any_scope: names.optional().meta({
      description: 'Scopes of which the principal must hold at least one.',
      examples: [['orders.read', 'orders.admin']],
    }),
    roles: names.optional().meta({
      description: 'Roles of which the principal must hold at least one.',
      examples: [['clerk', 'manager']],
    }),
    orgs: names.optional().meta({
      description: 'Organisations of which the principal must belong to one.',
      examples: [['acme', 'globex']],
    }),
  })
  .refine(
    (settings) => Object.values(settings).some((list) => list !== undefined),
    'write at least one of `scopes`, `any_scope`, `roles`, `orgs`',
  )
  .meta({
    description: 'What the principal must hold. Everything that is written must be met.',
    examples: [{ scopes: ['orders.read'], orgs: ['acme'] }],
  })

export type ScopesSettings = z.output<typeof scopesSchema>
