import { type AddressSet, containsAddress } from '../../core/address.ts'
import { PASS, refuse, type Verdict } from '../../core/verdict.ts'

export interface AccessLists {
  /** null lets every address in that `deny` does not name. */
  readonly allow: AddressSet | null
  readonly deny: AddressSet
}

/** Deny wins: an address in both lists stays out. */
export function decideAccess(lists: AccessLists, client: string): Verdict {
  if (containsAddress(lists.deny, client)) return refuse('address_refused', `${client} is in access.deny`)
  if (lists.allow === null || containsAddress(lists.allow, client)) return PASS
  return refuse('address_refused', `${client} is not in access.allow`)
}
