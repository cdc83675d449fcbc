import type { Code } from '../../core/codes.ts'
import type { Authenticator, Shown } from '../auth/authenticator.ts'
import { keyIdJudge, keyJudge } from './decide.ts'
import { type Find, placeOf } from './find.ts'
import { PackedKeys } from './packed.ts'
import type { KeyAuthenticatorSettings } from './schema.ts'
import type { KeyEntry, KeyTable, TellTwin } from './table.ts'

/** What a key can be refused with. */
const KEY_CODES: readonly Code[] = Object.freeze([
  'key_invalid',
  'key_expired',
  'key_revoked',
  'key_route_refused',
])

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
    codes: KEY_CODES,
    headers: Object.freeze([...new Set(headers)]),
    query: Object.freeze(places.flatMap((place) => place.query)),
    challenge: [...new Set(places.map((place) => place.challenge))].join(', '),
  })
}

/**
 * The keys by hash and by id.
 * @param entries read one by one, so that `tellTwin` is called while the second of two is the last that was read
 */
export function keyTable(entries: Iterable<KeyEntry>, tellTwin: TellTwin = () => {}): KeyTable {
  const keys = new PackedKeys()
  let index = 0
  for (const entry of entries) {
    const namesake = keys.numberOfId(entry.id)
    if (namesake !== -1) tellTwin([index, 'id'], `there is another key with the id ${entry.id}`, namesake)
    const twin = keys.numberOfHash(entry.hash)
    if (twin !== -1) tellTwin([index, 'hash'], `the key ${keys.entry(twin).id} has the same hash`, twin)
    keys.add(entry)
    index++
  }
  keys.trim()
  return Object.freeze({ byHash: byHash(keys), byId: byId(keys) })
}

function byHash(keys: PackedKeys): KeyTable['byHash'] {
  return {
    size: keys.hashes,
    has: (hash) => keys.numberOfHash(hash) !== -1,
    get: (hash) => {
      const number = keys.numberOfHash(hash)
      return number === -1 ? undefined : keys.entry(number)
    },
  }
}

function byId(keys: PackedKeys): KeyTable['byId'] {
  return {
    size: keys.ids,
    has: (id) => keys.numberOfId(id) !== -1,
    get: (id) => {
      const number = keys.numberOfId(id)
      return number === -1 ? undefined : keys.entry(number)
    },
    *keys() {
      for (const number of keys.numbers()) yield keys.entry(number).id
    },
    *values() {
      for (const number of keys.numbers()) yield keys.entry(number)
    },
  }
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
