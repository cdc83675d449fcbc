import { CHECK_CODES, type CheckCode } from './checks/codes.ts'
import { didYouMean } from './nearest.ts'

/** A comment of the file, and where it begins. */
export interface Comment {
  readonly text: string
  readonly line: number
  readonly col: number
}

/** A comment that silences one code on one line. */
interface Allow extends Comment {
  /** Its own line, or the next one that holds more than a comment when it stands alone. */
  readonly about: number
  readonly code: string
  readonly reason: string
  isUsed: boolean
}

/** What is wrong with a comment. */
export interface AllowFault {
  readonly code: 'allow-unknown-code' | 'allow-without-reason' | 'allow-unused'
  readonly comment: Comment
  readonly message: string
  readonly hint?: string
}

export const ALLOW_WORD = 'sallyport-allow'
const COMMENT = /^#+\s*sallyport-allow(?![\w-])\s*(.*)$/
const CODE_AND_REASON = /^([\w-]+)\s*(?::\s*(.*))?$/
/** A reason is words, not a dash to be rid of the question. */
const REASON = /\p{L}{2}/u

/** The `# sallyport-allow CODE: reason` comments of one file. */
export class Allows {
  readonly #allows = new Map<string, Allow>()
  readonly #faults: AllowFault[] = []

  /** @param text the whole file */
  read(comments: readonly Comment[], text: string): void {
    if (comments.length === 0) return
    const lines = linesAbout(text)
    for (const comment of comments) this.#readOne(comment, lines[comment.line - 1] ?? comment.line)
  }

  #readOne(comment: Comment, about: number): void {
    const said = COMMENT.exec(comment.text)?.[1]
    if (said === undefined) return
    const [, code = '', reason = ''] = CODE_AND_REASON.exec(said.trim()) ?? []
    const key = `${about} ${code}`
    const fault = this.#allows.has(key) ? twinFault(code, comment) : faultOf(code, reason, comment)
    if (fault !== null) this.#faults.push(fault)
    else this.#allows.set(key, { ...comment, about, code, reason: reason.trim(), isUsed: false })
  }

  /** Why what has this code on this line is not told; null when it is. */
  reasonFor(code: CheckCode, line: number): string | null {
    const allow = this.#allows.get(`${line} ${code}`)
    if (allow === undefined) return null
    allow.isUsed = true
    return allow.reason
  }

  /** Comments that do nothing. Those that had nothing to silence are known when everything has been told. */
  faults(): readonly AllowFault[] {
    const unused = [...this.#allows.values()].filter(({ isUsed }) => !isUsed)
    return [...this.#faults, ...unused.map(unusedFault)]
  }
}

/** The line that a comment on each line is about. */
function linesAbout(text: string): number[] {
  const lines = text.split('\n')
  const about: number[] = []
  for (let i = lines.length - 1; i >= 0; i--) {
    const isAlone = lines[i]?.trimStart().startsWith('#') === true
    about[i] = isAlone ? (about[i + 1] ?? i + 1) : i + 1
  }
  return about
}

function twinFault(code: string, comment: Comment): AllowFault {
  return { code: 'allow-unused', comment, message: `another comment silences \`${code}\` there` }
}

function unusedFault(comment: Allow): AllowFault {
  const message = `there is no \`${comment.code}\` on line ${comment.about} to be silenced`
  return { code: 'allow-unused', comment, message }
}

function faultOf(code: string, reason: string, comment: Comment): AllowFault | null {
  if (!Object.hasOwn(CHECK_CODES, code)) {
    const message = code === '' ? 'this comment names no code' : `there is no code \`${code}\``
    const hint = didYouMean(code, silenceable())
    return { code: 'allow-unknown-code', comment, message, ...(hint !== undefined && { hint }) }
  }
  if (!silenceable().includes(code)) {
    const message = `\`${code}\` cannot be silenced`
    return { code: 'allow-unknown-code', comment, message }
  }
  if (REASON.test(reason)) return null
  const hint = `write \`# ${ALLOW_WORD} ${code}: why it is right here\``
  return { code: 'allow-without-reason', comment, message: 'this comment gives no reason', hint }
}

/** What refuses a file cannot be silenced, nor what is said about silencing. */
function silenceable(): string[] {
  return Object.entries(CHECK_CODES)
    .filter(([code, { severity }]) => severity !== 'error' && !/^(?:allow|more)-/.test(code))
    .map(([code]) => code)
}
