import { visible } from '../config/issues.ts'
import type { Change, Severity } from '../diff/change.ts'
import type { Io } from './command.ts'
import { type Against, againstLines, hitsInWords, hitsOf } from './diff-against.ts'

/** What there is to print. */
export interface Difference {
  readonly old: string
  readonly new: string
  readonly changes: readonly Change[]
  /** null: no audit file was given. */
  readonly against: Against | null
}

export type Format = (difference: Difference, io: Io) => string

const MAX_NAMES = 5
const MAX_TEXT = 600
const WORDS: Readonly<Record<Severity, string>> = {
  more_open: 'more open',
  more_closed: 'more closed',
  other: 'other',
}
const COLOURS: Readonly<Record<Severity, string>> = {
  more_open: '\u001b[31m',
  more_closed: '\u001b[32m',
  other: '',
}
const COLOUR_END = '\u001b[39m'

/** `file:line:col: more open: route a: sentence [code]`, as compilers write it, so that editors can jump there. */
export function diffText({ changes, against, ...files }: Difference, { stdout, env }: Io): string {
  const hasColour = stdout.isTTY === true && (env.NO_COLOR ?? '') === ''
  const lines = changes.map((change) => {
    const { file, line, col, severity, code } = change
    const word = WORDS[severity]
    const colour = hasColour ? COLOURS[severity] : ''
    const told = colour === '' ? word : `${colour}${word}${COLOUR_END}`
    return `${shown(file)}:${line}:${col}: ${told}: ${about(change, against)} [${code}]`
  })
  const all = [...lines, `${shown(files.old)} -> ${shown(files.new)}: ${summary(changes)}`]
  return `${[...all, ...(against === null ? [] : againstLines(against))].join('\n')}\n`
}

/** A comment for a pull request. */
export function diffMarkdown({ changes, against, ...files }: Difference): string {
  const head = `### Policy: ${summary(changes)}\n\n${inCode(files.old)} → ${inCode(files.new)}\n`
  const rows = changes.map((change) => {
    const { severity, file, line, code } = change
    const word = severity === 'more_open' ? `**${WORDS[severity]}**` : WORDS[severity]
    return `| ${word} | ${escaped(about(change, against))} | ${inCode(`${file}:${line}`)} | \`${code}\` |`
  })
  const table =
    rows.length === 0 ? [] : ['', '| | what | where | code |', '| --- | --- | --- | --- |', ...rows]
  const told =
    against === null ? [] : ['', ...againstLines(against).map((line) => `- ${escaped(line.trim())}`)]
  return `${[head.trimEnd(), ...table, ...told].join('\n')}\n`
}

/** Workflow commands of GitHub, which shows them beside the lines of a pull request. */
export function diffGithub({ changes, against, ...files }: Difference): string {
  const lines = changes.map((change) => {
    const { file, line, col, severity, code } = change
    const command = severity === 'more_open' ? 'warning' : 'notice'
    const title = property(`${WORDS[severity]} [${code}]`)
    return `::${command} file=${property(file)},line=${line},col=${col},title=${title}::${message(about(change, against))}`
  })
  const told = against === null ? [] : againstLines(against)
  return `${[...lines, `${files.old} -> ${files.new}: ${summary(changes)}`, ...told].map(harmless).join('\n')}\n`
}

/** `route a, b and 3 more: sentence` */
function about(change: Change, against: Against | null): string {
  const { kind, names, count, sentence } = change
  const hits = against === null ? '' : hitsInWords(hitsOf(change, against))
  if (kind === 'policy') return visible(`${sentence}${hits}`, MAX_TEXT)
  const listed = names.slice(0, MAX_NAMES).join(', ')
  const more = count > MAX_NAMES ? ` and ${count - MAX_NAMES} more` : ''
  return visible(`${kind}${count > 1 ? 's' : ''} ${listed}${more}: ${sentence}${hits}`, MAX_TEXT)
}

export function summary(changes: readonly Change[]): string {
  if (changes.length === 0) return 'no difference in effect'
  const parts = (['more_open', 'more_closed', 'other'] as const).flatMap((severity) => {
    const count = changes.filter((change) => change.severity === severity).length
    return count === 0 ? [] : [`${count} ${WORDS[severity]}`]
  })
  return parts.join(', ')
}

function shown(file: string): string {
  return visible(file, MAX_TEXT)
}

function harmless(line: string): string {
  return visible(line, MAX_TEXT * 2)
}

function inCode(text: string): string {
  return `\`${shown(text.replaceAll('`', "'")).replaceAll('|', '\\|')}\``
}

/** Text of a policy must not become a picture, a mention or a cell of its own. Between back quotes it is safe. */
function escaped(text: string): string {
  const pieces = text.split('`')
  return pieces
    .map((piece, i) => {
      if (i % 2 === 1) return `\`${piece.replaceAll('|', '\\|')}\``
      return piece.replace(/[\\*_[\]<>#|!~&@]/g, (char) => `\\${char}`)
    })
    .join('')
}

const ESCAPES: Readonly<Record<string, string>> = {
  '%': '%25',
  '\r': '%0D',
  '\n': '%0A',
  ':': '%3A',
  ',': '%2C',
}

function message(text: string): string {
  return text.replace(/[%\r\n]/g, (char) => ESCAPES[char] ?? '')
}

function property(text: string): string {
  return text.replace(/[%\r\n:,]/g, (char) => ESCAPES[char] ?? '')
}
