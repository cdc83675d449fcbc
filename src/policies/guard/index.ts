import { definePolicy, NO_PART, type Part } from '../define.ts'
import { apiHeaders, HEADER_OF, type HeaderSet } from './fields.ts'
import { type GuardHeaders, type GuardSettings, guardSchema } from './schema.ts'

const OFF = 'off'
const DEFAULTS: HeaderSet = apiHeaders()

export const guard = definePolicy({
  name: 'guard',
  key: 'guard',
  schema: guardSchema,
  codes: [],
  compile: (settings) => guardPart(settings),
})

/** @param settings undefined is the whole default set */
function guardPart(settings: GuardSettings | undefined): Part {
  if (settings === OFF) return NO_PART
  const headers = settings === undefined ? DEFAULTS : withSettings(settings)
  // The API's own copies go, or there would be two policies and browsers differ in which one they obey.
  return { reply: { set: [...headers].flat(), drop: [...headers.keys()] } }
}

function withSettings(settings: GuardHeaders): HeaderSet {
  const headers = new Map(DEFAULTS)
  for (const [key, value] of Object.entries(settings)) {
    const name = HEADER_OF[key as keyof GuardHeaders]
    if (value === OFF) headers.delete(name)
    else headers.set(name, value)
  }
  return headers
}
