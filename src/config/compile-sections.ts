import type { z } from 'zod'
import type { Draft } from './draft.ts'
import { tokenHint } from './hints.ts'
import { didYouMean } from './nearest.ts'
import { fileSchema, LISTED_BOUNDS, listedSchemas, namedSchemas, singleSchemas } from './schema.ts'

type Singles = { [K in keyof typeof singleSchemas]: z.output<(typeof singleSchemas)[K]> | null }
type Named = {
  [K in keyof typeof namedSchemas]: ReadonlyMap<string, z.output<(typeof namedSchemas)[K]['entry']> | null>
}
type Listed = { [K in keyof typeof listedSchemas]: readonly (z.output<(typeof listedSchemas)[K]> | null)[] }

/** What the file says, each piece parsed by itself: null where it was wrong, so that all problems are found at once. */
export interface Sections {
  readonly single: Singles
  readonly named: Named
  readonly listed: Listed
}

export function parseSections(draft: Draft): Sections {
  tellUnknownKeys(draft)
  return { single: singles(draft), named: named(draft), listed: listed(draft) }
}

/** Asked before `parseSections`, which parses entries one by one, and a list of them never as a whole. */
export function isTooLong(draft: Draft): boolean {
  const long = Object.entries(LISTED_BOUNDS).filter(([key, bound]) => draft.count([key]) > bound)
  for (const [key, bound] of long) {
    draft.error(
      [key],
      `\`${key}\` must have at most ${bound} entries; there are ${draft.count([key])}`,
      HINTS[key],
    )
  }
  return long.length > 0
}

const HINTS: Readonly<Record<string, string>> = {
  keys: 'for more there are `key_files`',
  routes: 'a pattern such as /orders/* takes many paths at once',
}

function tellUnknownKeys({ values, problems }: Draft): void {
  const known = Object.keys(fileSchema.shape)
  for (const key of Object.keys(values.root)) {
    if (known.includes(key)) continue
    problems.error(values.keyAt([key]), `unknown key \`${key}\``, didYouMean(key, known))
  }
}

function singles(draft: Draft): Singles {
  const entries = Object.entries(singleSchemas).map(([key, schema]) => [key, draft.parse(schema, [key])])
  return Object.fromEntries(entries) as Singles
}

function named(draft: Draft): Named {
  const entries = Object.entries(namedSchemas).map(([key, { name, entry }]) => {
    if (!isMapping(draft, key)) return [key, new Map()]
    const found = draft.names([key]).map((one) => {
      const isNamed = name.safeParse(one).success
      if (!isNamed) draft.problems.error(draft.values.keyAt([key, one]), nameMistake(name, one))
      return [one, isLater(draft, key, one) ? null : draft.parse(entry, [key, one])] as const
    })
    return [key, new Map(found)]
  })
  return Object.fromEntries(entries) as Named
}

function nameMistake(schema: z.ZodType, name: string): string {
  return `\`${name}\`: ${schema.safeParse(name).error?.issues[0]?.message ?? 'is not a usable name'}`
}

/** Kinds of authenticators that the design names and this version does not have. */
function isLater(draft: Draft, section: string, name: string): boolean {
  const type = section === 'authenticators' ? draft.raw([section, name, 'type']) : undefined
  if (typeof type !== 'string' || type === 'api_key') return false
  const near = tokenHint(type) ?? didYouMean(type, ['api_key'])
  const message = 'authenticators of this `type` come with a later version; there is `api_key`'
  draft.error([section, name, 'type'], message, near)
  return true
}

function listed(draft: Draft): Listed {
  const entries = Object.entries(listedSchemas).map(([key, schema]) => {
    if (!isList(draft, key)) return [key, []]
    return [key, Array.from({ length: draft.count([key]) }, (_, i) => draft.parse(schema, [key, i]))]
  })
  return Object.fromEntries(entries) as Listed
}

function isMapping(draft: Draft, key: string): boolean {
  const value = draft.raw([key])
  if (value === undefined) return false
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return true
  draft.error([key], `\`${key}\` must be a mapping of names to settings`)
  return false
}

function isList(draft: Draft, key: string): boolean {
  const value = draft.raw([key])
  if (key === 'routes' && (value === undefined || (Array.isArray(value) && value.length === 0))) {
    draft.error([key], 'there are no `routes`: everything would be refused')
    return false
  }
  if (value === undefined || Array.isArray(value)) return value !== undefined
  draft.error([key], `\`${key}\` must be a list`)
  return false
}
