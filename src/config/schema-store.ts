import { z } from 'zod'
import { readWith } from './schema-values.ts'

const SCHEME = /^([a-z][a-z0-9+.-]*):/i
const SQLITE = 'sqlite'
const POSTGRES = new Set(['postgres', 'postgresql'])
const MESSAGE = 'write sqlite:FILE such as sqlite:./data/sallyport.db'
/** C0, DEL: a file name with them is a mistake, and NUL would cut it. */
const CONTROL = /\p{Cc}/u

/** `store`: where quotas outlive the process; absent is nowhere. */
export const storeSchema = readWith(z.string({ error: MESSAGE }).max(4096), readStore).meta({
  description:
    'Where quota counts outlive a restart: an SQLite file, relative to the policy. Absent: counts end with the process. See docs/store.md.',
  examples: ['sqlite:./data/sallyport.db'],
})

interface StorePlace {
  readonly path: string
}

/** @returns a text that says what is wrong, but never the one that was read, which may hold a password */
function readStore(text: string): StorePlace | string {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase()
  if (scheme !== undefined && POSTGRES.has(scheme)) return `PostgreSQL comes with a later version; ${MESSAGE}`
  if (!text.startsWith(`${SQLITE}:`)) return MESSAGE
  const path = text.slice(SQLITE.length + 1)
  if (path.startsWith('//')) return `${MESSAGE}, without //`
  if (path === '' || path.endsWith('/') || path.startsWith(':') || CONTROL.test(path)) return MESSAGE
  return { path }
}
