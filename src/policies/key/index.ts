import type { Authenticator, Shown } from '../auth/authenticator.ts'
import { keyIdJudge, keyJudge } from './decide.ts'
import { type Find, placeOf } from './find.ts'
import type { KeyAuthenticatorSettings } from './schema.ts'
import type { KeyEntry, KeyTable } from './table.ts'

/** The authenticator `name` of `type: api_key`, for the keys of `table`. */
export function keyAuthenticator(
  name: string,
  settings: KeyAuthenticatorSettings,
  table: KeyTable,
): Authenticator {
  const places = settings.in.map(placeOf)
  const headers = places.flatMap((place) => place.headers)
  return Object.freeze({
    name,
    find: findIn(places.map((place) => place.find)),
    judge: keyJudge(name, table),
    judgeId: keyIdJudge(name, table),
    headers: Object.freeze([...new Set(headers)]),
    query: Object.freeze(places.flatMap((place) => place.query)),
    challenge: [...new Set(places.map((place) => place.challenge))].join(', '),
  })
}

/** Told of an entry whose id or hash another one, `twin`, has: which of the two counts would be chance. */
export type TellTwin = (
  path: readonly [index: number, field: 'id' | 'hash'],
  message: string,
  twin: KeyEntry,
) => void

/**
 * The keys by hash and by id.
 * @param entries read one by one, so that `tellTwin` is called while the second of two is the last that was read
 */
export function keyTable(entries: Iterable<KeyEntry>, tellTwin: TellTwin = () => {}): KeyTable {
  const byHash = new Map<string, KeyEntry>()
  const byId = new Map<string, KeyEntry>()
  let index = 0
  for (const entry of entries) {
    const namesake = byId.get(entry.id)
    if (namesake !== undefined) {
      tellTwin([index, 'id'], `there is another key with the id ${entry.id}`, namesake)
    }
    const twin = byHash.get(entry.hash)
    if (twin !== undefined) tellTwin([index, 'hash'], `the key ${twin.id} has the same hash`, twin)
    byHash.set(entry.hash, entry)
    byId.set(entry.id, entry)
    index++
  }
  return Object.freeze({ byHash, byId })
}

const NONE: Shown = Object.freeze({ kind: 'none' })
const MANY: Shown = Object.freeze({ kind: 'many' })

/** Looks in every place: a second credential may belong to somebody else. */
function findIn(finds: readonly Find[]): Authenticator['find'] {
  const [only] = finds
  if (finds.length === 1 && only !== undefined) return only
  return function findKey(facts) {
    let found = NONE
    for (const find of finds) {
      const shown = find(facts)
      if (shown.kind === 'none') continue
      if (found.kind !== 'none') return MANY
      found = shown
    }
    return found
  }
}
