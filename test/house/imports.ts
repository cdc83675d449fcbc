/**
 * Reads a TypeScript source without a parser: what it imports, and its code without comments and texts.
 * TypeScript 7 has no JavaScript API, and Node's type stripping drops type-only imports, which count here.
 */

/** Comments become spaces in `code`; in `bare` what stands between quotes does too. Line breaks stay. */
export type Scanned = { readonly code: string; readonly bare: string }

type Token = { readonly end: number; readonly kind: 'comment' | 'text' | 'code' }

const REGEX_MAY_FOLLOW = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|=>|\b(?:return|typeof|case|in|of|void))\s*$/
const REGEX = /\/(?![*/])(?:\[(?:\\.|[^\]\\\n])*\]|\\.|[^/\\\n[])+\/[a-z]*/y
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y
const TEXT = /'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"/y
const TEMPLATE = /`(?:\\[\s\S]|[^`\\])*`/y

function endOf(pattern: RegExp, source: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(source) ? pattern.lastIndex : 0
}

function tokenAt(source: string, at: number): Token {
  const comment = endOf(COMMENT, source, at)
  if (comment > 0) return { end: comment, kind: 'comment' }
  const text = endOf(TEXT, source, at)
  if (text > 0) return { end: text, kind: 'text' }
  // A template stays visible: its ${…} is code, and a forbidden name inside it must be seen.
  const template = endOf(TEMPLATE, source, at)
  if (template > 0) return { end: template, kind: 'code' }
  const mayBeRegex = source[at] === '/' && REGEX_MAY_FOLLOW.test(source.slice(Math.max(0, at - 20), at))
  const regex = mayBeRegex ? endOf(REGEX, source, at) : 0
  return { end: regex > 0 ? regex : at + 1, kind: regex > 0 ? 'text' : 'code' }
}

const blank = (text: string): string => text.replace(/[^\n]/g, ' ')

const blankInside = (text: string): string => `${text[0]}${blank(text.slice(1, -1))}${text.at(-1)}`

/** Splits a source into its code and its code without texts, both as long as the source. */
export function scan(source: string): Scanned {
  let code = ''
  let bare = ''
  for (let at = 0; at < source.length; ) {
    const { end, kind } = tokenAt(source, at)
    const text = source.slice(at, end)
    code += kind === 'comment' ? blank(text) : text
    bare += kind === 'comment' ? blank(text) : kind === 'text' ? blankInside(text) : text
    at = end
  }
  return { code, bare }
}

const FROM =
  /^[ \t]*(?:import|export)\s+(?:type\s+)?(?:\*(?:\s+as\s+[\w$]+)?|[\w$]+\s*,\s*\{[^}]*\}|\{[^}]*\}|[\w$]+(?:\s*,\s*\*\s+as\s+[\w$]+)?)\s*from\s*(['"])([^'"\n]+)\1/gm
const SIDE_EFFECT = /^[ \t]*import\s*(['"])([^'"\n]+)\1/gm
const CALL = /(?<![.\w$])(?:import|require)\s*\(\s*(?:(['"`])([^'"`\n$]+)\1)?/g

/** Every module a source names, type-only and dynamic imports included. A computed one is `?`. */
export function importsOf(source: string): string[] {
  const { code, bare } = scan(source)
  return [FROM, SIDE_EFFECT, CALL].flatMap((pattern) =>
    [...code.matchAll(pattern)]
      .filter((match) =>
        bare.startsWith(match[0].trimStart().slice(0, 6), match.index + match[0].search(/\S/)),
      )
      .map((match) => match[2] ?? '?'),
  )
}
