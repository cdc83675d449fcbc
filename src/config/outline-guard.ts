import { apiHeaders, HEADER_OF } from '../policies/guard/fields.ts'
import type { GuardSettings } from '../policies/guard/schema.ts'

/** Header fields by lower-case name. */
export type GuardFields = Readonly<Record<string, string>>

interface Fields {
  readonly set: GuardFields
  readonly remove: readonly string[]
}

/** @param settings undefined is the whole default set */
export function guardOf(settings: GuardSettings | undefined): GuardFields {
  if (settings === 'off') return {}
  const fields = new Map(apiHeaders())
  for (const [key, value] of Object.entries(settings ?? {})) {
    const name = HEADER_OF[key as keyof typeof HEADER_OF]
    if (value === 'off') fields.delete(name)
    else fields.set(name, value)
  }
  return Object.fromEntries(fields)
}

const GUARD_NAMES: ReadonlySet<string> = new Set(Object.values(HEADER_OF))

/** What `headers.response` of a route leaves of them. */
export function withFields(guard: GuardFields, { set, remove }: Fields): GuardFields {
  const removed = new Set([...remove, ...Object.keys(set)])
  const kept = Object.entries(guard).filter(([name]) => !removed.has(name))
  return Object.fromEntries([...kept, ...Object.entries(set).filter(([name]) => GUARD_NAMES.has(name))])
}
