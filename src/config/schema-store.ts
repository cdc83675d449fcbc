import { z } from 'zod'

const SCHEME = /^([a-z][a-z0-9+.-]*):/i
const SQLITE = 'sqlite'
const POSTGRES = new Set(['postgres', 'postgresql'])
const MESSAGE = 'write sqlite:FILE such as sqlite:./data/sallyport.db'
/** C0, DEL: a file name with them is a mistake, and NUL would cut it. */
const CONTROL = /\p{Cc}/u

/** `store`: where quotas outlive the process; absent is nowhere. */
export const storeSchema = z
  .string({ error: MESSAGE })
  .max(4096)
  .transform((text, context): { readonly path: string } => {
    const problem = mistakeIn(text)
    if (problem === null) return { path: text.slice(SQLITE.length + 1) }
    context.addIssue({ code: 'custom', message: problem })
    return z.NEVER
  })
  .meta({
    description:
      'Where quota counts outlive a restart: an SQLite file, relative to the policy. Absent: counts end with the process. See docs/store.md.',
    examples: ['sqlite:./data/sallyport.db'],
  })

/** @returns what is wrong, or null; never the text itself, which may hold a password */
function mistakeIn(text: string): string | null {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase()
  if (scheme !== undefined && POSTGRES.has(scheme)) return `PostgreSQL comes with a later version; ${MESSAGE}`
  if (!text.startsWith(`${SQLITE}:`)) return MESSAGE
  const path = text.slice(SQLITE.length + 1)
  if (path.startsWith('//')) return `${MESSAGE}, without //`
  if (path === '' || path.endsWith('/') || path.startsWith(':') || CONTROL.test(path)) return MESSAGE
  return null
}
