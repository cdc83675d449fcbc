import { CST, Lexer, type LineCounter, Parser } from 'yaml'
import { ALLOW_WORD, type Comment } from './allows.ts'
import type { Position, Problems } from './issues.ts'

const MAX_LEXEMES = 1_500_000
const MAX_DEPTH = 64
const MAX_ANCHORS = 32
const MAX_ALIASES = 64

/** What is refused while reading, before anything is built of it: a bomb must not cost more than its bytes. */
interface Seen {
  lexemes: number
  anchors: number
  aliases: number
  documents: number
}

/**
 * Tokens of one plain YAML document.
 * @returns null when it holds what a policy has no use for; the problem is told
 */
export function tokensOf(text: string, lines: LineCounter, problems: Problems): CST.Token[] | null {
  const parser = new Parser(lines.addNewLine)
  const seen: Seen = { lexemes: 0, anchors: 0, aliases: 0, documents: 0 }
  const tokens: CST.Token[] = []
  const comments: Comment[] = []
  lines.addNewLine(0)
  let isContent = false
  for (const lexeme of new Lexer().lex(text)) {
    const why = isContent ? null : refusalOf(lexeme, seen, parser.stack.length)
    if (why !== null) {
      problems.error(positionAt(lines, parser.offset), why)
      return null
    }
    if (isAllow(lexeme)) comments.push({ text: lexeme, ...positionAt(lines, parser.offset) })
    isContent = lexeme === CST.SCALAR
    for (const token of parser.next(lexeme)) tokens.push(token)
  }
  for (const token of parser.end()) tokens.push(token)
  problems.allows.read(comments, text)
  return tokens
}

/** No text of a scalar begins like that: plain ones cannot, others begin with their quote or their indent. */
function isAllow(lexeme: string): boolean {
  return lexeme[0] === '#' && lexeme.includes(ALLOW_WORD)
}

export function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(line, 1), col: Math.max(col, 1) }
}

function refusalOf(lexeme: string, seen: Seen, depth: number): string | null {
  if (++seen.lexemes > MAX_LEXEMES) return 'the file holds too much'
  if (depth > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH} levels`
  switch (lexeme[0]) {
    case '&':
      return ++seen.anchors > MAX_ANCHORS ? `more than ${MAX_ANCHORS} anchors` : null
    case '*':
      return ++seen.aliases > MAX_ALIASES ? `more than ${MAX_ALIASES} aliases` : null
    case '!':
      return 'a tag: a policy is plain YAML without tags'
    case '%':
      return 'a directive: a policy is YAML 1.2 without directives'
    case '-':
      return lexeme === '---' && ++seen.documents > 1 ? 'a second document: a policy is one document' : null
    default:
      return null
  }
}
