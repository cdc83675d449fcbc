import { addressSet, NO_ADDRESSES } from '../../core/address.ts'
import { definePolicy, NO_PART, type Part } from '../define.ts'
import { type AccessLists, decideAccess } from './decide.ts'
import { type AccessSettings, accessSchema } from './schema.ts'

export const access = definePolicy({
  name: 'access',
  key: 'access',
  schema: accessSchema,
  codes: ['address_refused'],
  compile: (settings) => (settings === undefined ? NO_PART : accessPart(settings)),
})

function accessPart({ allow, deny }: AccessSettings): Part {
  const lists: AccessLists = {
    allow: allow === undefined ? null : addressSet(allow),
    deny: deny === undefined ? NO_ADDRESSES : addressSet(deny),
  }
  return {
    checks: [
      {
        slot: 'access',
        check: {
          name: 'access',
          run: ({ facts }) => decideAccess(lists, facts.client),
          codes: ['address_refused'],
        },
      },
    ],
  }
}
