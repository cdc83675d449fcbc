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
  tell(draft, 'authenticators', 'authenticator', new Set(namesAt('auth')))
}

function tell(draft: Draft, section: string, what: string, used: ReadonlySet<string>): void {
  for (const name of draft.names([section])) {
    if (!used.has(name))
      draft.notice('unused-name', [section, name], `the ${what} \`${name}\` is used nowhere`)
  }
}

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
