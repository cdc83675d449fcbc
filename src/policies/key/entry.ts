import type { KeyEntrySettings } from './schema.ts'
import type { KeyEntry } from './table.ts'

const HASH_PREFIX = 'sha256:'
/** Different lists that are kept to be shared; most tables have a handful. */
const MAX_SHARED = 10_000

/** A checked entry of the file as the table keeps it. */
export function keyEntry(settings: KeyEntrySettings): KeyEntry {
  return keyEntries()(settings)
}

/**
 * Makes the entries of one table. Equal lists become one frozen list: of a hundred thousand keys most have the same
 * scopes, and each list of its own would weigh more than the rest of its entry.
 */
export function keyEntries(): (settings: KeyEntrySettings) => KeyEntry {
  const lists = sharing((names: readonly string[]) => Object.freeze([...names]))
  const sets = sharing((names: readonly string[]) => new Set(names))
  const texts = sharing(([text = '']: readonly string[]) => text)
  return function makeEntry({ id, hash, subject = id, org = '', revoked, ...more }) {
    return Object.freeze({
      id,
      hash: withoutPrefix(hash),
      subject,
      org: texts([org]),
      scopes: lists(more.scopes),
      roles: lists(more.roles),
      limits: more.limits === undefined ? null : lists(more.limits),
      routes: more.routes === undefined ? null : sets(more.routes),
      expiresMs: more.expires === undefined ? null : Date.parse(more.expires),
      revoked,
    })
  }
}

/** `slice` would keep the longer text alive behind the shorter one. */
function withoutPrefix(hash: string): string {
  return Buffer.from(hash, 'latin1').toString('latin1', HASH_PREFIX.length)
}

function sharing<T>(make: (names: readonly string[]) => T): (names: readonly string[]) => T {
  const known = new Map<string, T>()
  return (names) => {
    // No name holds a control character or is empty, so no two lists have the same text.
    const text = names.join('\0')
    const same = known.get(text)
    if (same !== undefined) return same
    const made = make(names)
    if (known.size < MAX_SHARED) known.set(text, made)
    return made
  }
}
