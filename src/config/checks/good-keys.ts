import { ANONYMOUS, type Principal } from '../../core/principal.ts'
import type { KeyEntry } from '../../policies/key/table.ts'
import { decideScopes } from '../../policies/scopes/decide.ts'
import type { ScopesSettings } from '../../policies/scopes/schema.ts'
import type { OutlineRoute } from '../outline-route.ts'
import type { Subject } from './subject.ts'

/** One digit all along: what people write where a hash is to come, and what no key has. */
const PLACEHOLDER = /^(.)\1*$/

/** Whether it stands for a hash that somebody has yet to write. */
export function isPlaceholder({ hash }: KeyEntry): boolean {
  return PLACEHOLDER.test(hash)
}

/** Whether a key is refused by itself, wherever it is shown. */
export function isOver({ revoked, expiresMs }: KeyEntry, { nowMs }: Pick<Subject, 'nowMs'>): boolean {
  return revoked || (expiresMs !== null && expiresMs <= nowMs)
}

/** What a route asks of those whom it knows. */
export function askedBy({ allow }: OutlineRoute): ScopesSettings {
  const { scopes, anyScope, roles, orgs } = allow
  return {
    scopes: listOf(scopes),
    any_scope: listOf(anyScope),
    roles: listOf(roles),
    orgs: listOf(orgs),
  } as ScopesSettings
}

function listOf(names: readonly string[] | null): string[] | undefined {
  return names === null ? undefined : [...names]
}

/** Whether the key has what is asked for. */
export function isMetBy({ org, scopes, roles }: KeyEntry, asked: ScopesSettings): boolean {
  const principal: Principal = { ...ANONYMOUS, kind: 'key', org, scopes, roles }
  return decideScopes(asked, principal).kind === 'pass'
}
