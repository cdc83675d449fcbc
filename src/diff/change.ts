import type { Path } from '../config/yaml-values.ts'
import type { Code } from './codes.ts'

/** What a change does: it lets in what was kept out, the other way round, or neither. */
export type Severity = 'more_open' | 'more_closed' | 'other'

/** What a change is about. */
export type Kind = 'route' | 'limit' | 'key' | 'upstream' | 'authenticator' | 'policy'

/** What a comparison found, before it is known where in which file it stands. */
export interface Finding {
  readonly code: Code
  /** Says what is different now; quotes names, never a secret. */
  readonly sentence: string
  /** Below the thing it is about: a setting, or an entry of it. Absent: the thing itself. */
  readonly path?: Path
}

/** A difference in effect. */
export interface Change {
  readonly code: Code
  readonly severity: Severity
  readonly kind: Kind
  /** What of this kind; several where they have the very same change at the same place. At most 100 of them. */
  readonly names: readonly string[]
  /** How many there are. */
  readonly count: number
  readonly sentence: string
  /** In the new file; in the old one where the new has nothing of the kind. */
  readonly file: string
  readonly line: number
  readonly col: number
}

export function finding(code: Code, sentence: string, path?: Path): Finding {
  return path === undefined ? { code, sentence } : { code, sentence, path }
}
