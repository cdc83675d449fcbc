import { circuitSchema } from '../policies/circuit/schema.ts'
import { POLICIES } from '../policies/index.ts'
import { keyAuthenticatorSchema, keyEntrySchema } from '../policies/key/schema.ts'
import {
  costSchema,
  limitHeadersSchema,
  limitListSchema,
  limitSettingsSchema,
} from '../policies/limit/schema.ts'
import { retrySchema } from '../policies/retry/schema.ts'
import { timeoutSchema } from '../policies/timeout/schema.ts'
import { type Documented, settingsTable } from './describe.ts'
import { singleSchemas } from './schema.ts'

/** Policies whose settings are not just the one key of a route. */
const ELSEWHERE: Readonly<Record<string, readonly Documented[]>> = {
  circuit: [['upstreams.NAME.circuit', circuitSchema]],
  retry: [['upstreams.NAME.retry', retrySchema]],
  timeout: [['upstreams.NAME.timeout', timeoutSchema]],
  key: [
    ['authenticators.NAME', keyAuthenticatorSchema],
    ['keys[]', keyEntrySchema],
    ['key_files', singleSchemas.key_files],
  ],
  limit: [
    ['limits', limitListSchema],
    ['limit_headers', limitHeadersSchema],
    ['cost', costSchema],
    ['limits.NAME', limitSettingsSchema],
  ],
}

/** The generated part of each policy's README, by its folder. */
export function settingsOfFolder(): ReadonlyMap<string, string> {
  const all = new Map<string, readonly Documented[]>(
    POLICIES.map(({ name, key, schema }) => [name, [[key, schema]]]),
  )
  for (const [folder, parts] of Object.entries(ELSEWHERE)) all.set(folder, parts)
  return new Map([...all].map(([folder, parts]) => [folder, settingsTable(parts)]))
}
