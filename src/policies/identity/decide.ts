import type { Principal } from '../../core/principal.ts'
import type { IdentityNames } from '../define.ts'

const SAFE = /^[!-$&-~]+$/
const UNSAFE = /[^ !-$&-~]/gu
const EDGE_SPACES = /^ +| +$/g
const SPACE = / /g
const BYTES = new TextEncoder()

/** The fields that tell the upstream who asks, flat. What the principal does not have is not sent. */
export function identityFields(names: IdentityNames, principal: Principal): readonly string[] {
  const values: readonly (readonly [string | null, string])[] = [
    [names.subject, fieldText(principal.subject)],
    [names.org, fieldText(principal.org)],
    [names.scopes, fieldList(principal.scopes)],
    [names.roles, fieldList(principal.roles)],
    [names.keyId, fieldText(principal.keyId)],
    [names.auth, principal.kind === 'anonymous' ? 'anonymous' : fieldText(principal.authenticator)],
  ]
  return Object.freeze(
    values.flatMap(([name, value]) => (name === null || value === '' ? [] : [name, value])),
  )
}

/**
 * Visible ASCII and inner spaces as they are, everything else percent-encoded: a line feed in a claim must not make a
 * second field, and `%` itself goes encoded, so no two identities look alike. Spaces at the ends too, for a parser trims
 * them and ` admin` would turn into `admin`.
 */
export function fieldText(text: string): string {
  if (SAFE.test(text)) return text
  return text.replace(UNSAFE, encode).replace(EDGE_SPACES, (spaces) => '%20'.repeat(spaces.length))
}

/** Space-separated, so a space within an item is encoded: `a b` must not pass for two scopes. */
function fieldList(items: readonly string[]): string {
  return items.map((item) => fieldText(item).replace(SPACE, '%20')).join(' ')
}

function encode(char: string): string {
  let out = ''
  for (const byte of BYTES.encode(char)) out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  return out
}
