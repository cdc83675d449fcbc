import type { Sections } from './compile-sections.ts'
import type { Draft } from './draft.ts'

/** Warns of what is written and used nowhere: often a name that was mistyped where it should be used. */
export function tellUnused(sections: Sections, limitsOfKeys: ReadonlySet<string>, draft: Draft): void {
  const users = [['defaults'], ...sections.listed.routes.map((_, i) => ['routes', i])]
  const namesAt = (key: string) => users.flatMap((path) => strings(draft.raw([...path, key])))
  // Also of those that have other mistakes: one mistake is told once.
  const ofKeys = sections.listed.keys.flatMap((_, i) => strings(draft.raw(['keys', i, 'limits'])))
  tell(draft, 'upstreams', 'upstream', new Set(namesAt('upstream')))
  tell(draft, 'limits', 'limit', new Set([...namesAt('limits'), ...ofKeys, ...limitsOfKeys]))
  const auth = namesAt('auth').filter((name) => !BUILT_IN.has(name) || draft.has(['authenticators', name]))
  tell(draft, 'authenticators', 'authenticator', new Set(auth))
}

/** Names that an `auth` may have without an authenticator of the file. */
const BUILT_IN: ReadonlySet<string> = new Set(['key', 'none'])

function tell(draft: Draft, section: string, what: string, used: ReadonlySet<string>): void {
  // An unknown name is told as an error: what it was to be is most likely the one that is used nowhere.
  if ([...used].some((name) => !draft.has([section, name]))) return
  for (const name of draft.names([section])) {
    if (!used.has(name))
      draft.notice('unused-name', [section, name], `the ${what} \`${name}\` is used nowhere`)
  }
}

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
