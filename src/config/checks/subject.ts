import type { Policy } from '../../core/policy.ts'
import type { KeyTable } from '../../policies/key/table.ts'
import type { About } from '../about.ts'
import type { Sections } from '../compile-sections.ts'
import type { Settings } from '../compile-settings.ts'
import type { OutlineRoute } from '../outline-route.ts'
import type { Path } from '../yaml-values.ts'
import type { NoticeCode } from './codes.ts'

/** What a check looks at: a policy that is good, and what it was made of. */
export interface Subject {
  readonly policy: Policy
  readonly settings: Settings
  readonly keys: KeyTable
  readonly about: About
  readonly sections: Sections
  /** With the defaults merged in. */
  readonly routes: readonly OutlineRoute[]
  readonly has: (path: Path) => boolean
  /** Text of a file that the policy names, which compiling has read already. */
  readonly readText: (path: string) => string
  readonly nowMs: number
  /** Keys that expire within this time are told. */
  readonly expiresWithinMs: number
}

/** One thing that a check has found; the place is that of the key at `path`. */
export interface Finding {
  readonly code: NoticeCode
  readonly path: Path
  readonly message: string
  readonly hint?: string
}

export type PolicyCheck = (subject: Subject) => Iterable<Finding>

/** Where a setting of a route stands: in the route, in the defaults, or nowhere, which is the route itself. */
export function settingPath({ has }: Subject, { index }: OutlineRoute, key: string): Path {
  const own = ['routes', index, key]
  if (has(own)) return own
  return has(['defaults', key]) ? ['defaults', key] : ['routes', index]
}

const MAX_NAMES = 3

/** `a`, `b` and 3 more. */
export function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => `\`${name}\``)
  const more = names.length - shown.length
  return more === 0 ? joined(shown) : `${shown.join(', ')} and ${more} more`
}

function joined(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`
}
