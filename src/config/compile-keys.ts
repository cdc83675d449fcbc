import type { Authenticator } from '../policies/auth/authenticator.ts'
import { keyAuthenticator, keyTable } from '../policies/key/index.ts'
import { keyAuthenticatorSchema } from '../policies/key/schema.ts'
import type { KeyTable } from '../policies/key/table.ts'
import type { Sections } from './compile-sections.ts'
import type { Draft } from './draft.ts'
import { type KeyOptions, KeySources } from './key-sources.ts'

/** The authenticator that exists without being written. */
const IMPLICIT = 'key'
const ANONYMOUS = 'none'

export interface CompiledKeys {
  readonly table: KeyTable
  /** Names of limits that keys bring with them. */
  readonly usedLimits: ReadonlySet<string>
  /** Of the contents of all key files; null when there are none. */
  readonly digest: string | null
}

/** The keys of the policy and of its key files as one table. */
export function compileKeys(sections: Sections, draft: Draft, options: KeyOptions): CompiledKeys {
  const sources = new KeySources(sections, draft, options)
  const table = keyTable(sources.entries(), sources.tellTwin)
  return { table, usedLimits: sources.usedLimits, digest: sources.digest() }
}

export function compileAuthenticators(
  { named }: Sections,
  table: KeyTable,
  draft: Draft,
): ReadonlyMap<string, Authenticator> {
  const compiled = new Map<string, Authenticator>()
  if (!named.authenticators.has(IMPLICIT)) {
    const settings = keyAuthenticatorSchema.parse({ type: 'api_key' })
    compiled.set(IMPLICIT, keyAuthenticator(IMPLICIT, settings, table))
  }
  for (const [name, settings] of named.authenticators) {
    if (name === ANONYMOUS) draft.error(['authenticators', name], '`none` means anonymous: take another name')
    else if (settings !== null) compiled.set(name, keyAuthenticator(name, settings, table))
  }
  return compiled
}
