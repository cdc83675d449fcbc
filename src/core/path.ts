/**
 * One canonical path decides and is forwarded. What two parsers could read as two different paths is refused, since
 * gate and API would then judge and serve different things (CVE-2021-29492, CVE-2026-33808 and their kin).
 */
export interface CanonicalPath {
  readonly path: string
  /** `%2F` is in it, kept as sent: only routes that ask for it may take such a path. */
  readonly encodedSlash: boolean
}

/** What makes a path ambiguous; null when it is fine. */
export interface PathRefusal {
  readonly why: string
}

/** Only characters that mean themselves to every server, and no segment that begins with a dot. */
const PLAIN = /^(?:\/(?:[A-Za-z0-9\-_~!$&'()*+,=:@][A-Za-z0-9\-._~!$&'()*+,=:@]*)?)+$/
/**
 * Characters that servers take for the same escaped or not, so only one spelling may reach the routes: else `/%24admin`
 * slips past the route `/$admin`. Not `+`, which some read as a space, and not `*`, which no route can name.
 */
const SAME_ESCAPED = /[A-Za-z0-9\-._~!$&'(),=:@]/
/** pchar of RFC 3986 3.3 without `;`, which some servers cut off and others keep. */
const LITERAL = /[A-Za-z0-9\-._~!$&'()*+,=:@/]/
/** Printable characters that RFC 3986 wants escaped and some clients do not escape. */
const ESCAPED_HERE = /["<>^`{|}]/
const HEX_PAIR = /^[0-9A-Fa-f]{2}$/
/** A server that decodes `%2F` sees `//` in `/%2F`, and may merge it. */
const EMPTY_SEGMENT = /(?:\/|%2F)(?:\/|%2F)/
const DOT_SEGMENT = /(?:^|\/|%2F)\.{1,2}(?:$|\/|%2F)/

/**
 * The canonical form: escapes of characters that need none decoded once, all other escapes kept with upper-case digits,
 * stray printable characters escaped. Idempotent.
 * @param path as sent, without the query
 */
export function canonicalPath(path: string): CanonicalPath | PathRefusal {
  if (PLAIN.test(path) && !path.includes('//')) return { path, encodedSlash: false }
  if (!path.startsWith('/')) return { why: 'a path begins with a slash' }
  const text = rewriteEscapes(path)
  if (typeof text !== 'string') return text
  return judge(text)
}

export function isPathRefusal(result: CanonicalPath | PathRefusal): result is PathRefusal {
  return 'why' in result
}

/**
 * Cuts `prefix` off on a segment boundary and judges what is left anew, so that the cut cannot make a path that
 * would have been refused.
 * @param prefix '' or '/prefix' without a final slash
 */
export function stripPrefix(path: string, prefix: string): string | PathRefusal {
  if (prefix === '') return path
  if (path === prefix) return '/'
  if (!path.startsWith(`${prefix}/`)) return { why: `the path is not below ${prefix}` }
  const rest = canonicalPath(path.slice(prefix.length))
  return isPathRefusal(rest) ? rest : rest.path
}

function judge(text: string): CanonicalPath | PathRefusal {
  if (EMPTY_SEGMENT.test(text)) return { why: 'empty segment' }
  if (DOT_SEGMENT.test(text)) return { why: 'dot segment' }
  if (!isUtf8(text)) return { why: 'escapes that are not UTF-8' }
  return { path: text, encodedSlash: text.includes('%2F') }
}

function rewriteEscapes(path: string): string | PathRefusal {
  let out = ''
  for (let i = 0; i < path.length; i++) {
    const char = path.charAt(i)
    const piece = char === '%' ? rewriteEscape(path.slice(i + 1, i + 3)) : rewriteLiteral(char)
    if (typeof piece !== 'string') return piece
    if (char === '%') i += 2
    out += piece
  }
  return out
}

function rewriteLiteral(char: string): string | PathRefusal {
  if (LITERAL.test(char)) return char
  if (ESCAPED_HERE.test(char)) return `%${char.charCodeAt(0).toString(16).toUpperCase()}`
  return { why: `character ${describe(char)} in the path` }
}

function rewriteEscape(hex: string): string | PathRefusal {
  if (!HEX_PAIR.test(hex)) return { why: 'broken percent escape' }
  const byte = Number.parseInt(hex, 16)
  if (byte < 0x20 || byte === 0x7f) return { why: 'escaped control character' }
  const char = String.fromCharCode(byte)
  if (SAME_ESCAPED.test(char)) return char
  if (char === '\\' || char === ';') return { why: `escaped ${describe(char)}` }
  return `%${hex.toUpperCase()}`
}

/** Overlong and broken sequences decode to different characters in different servers. */
function isUtf8(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

function describe(char: string): string {
  return `0x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
}
