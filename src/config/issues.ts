import { Allows } from './allows.ts'
import {
  CHECK_CODES,
  type CheckCode,
  type ErrorCode,
  type NoticeCode,
  type Severity,
} from './checks/codes.ts'

/** Something about a policy file that its author should know. */
export interface Problem {
  readonly code: CheckCode
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly col: number
  /** One line; quotes the text of the file, never what a `${env:…}` or `${file:…}` stands for. */
  readonly message: string
  /** What to do about it, when that can be told. */
  readonly hint?: string
  /** An error refuses the file, the others do not. */
  readonly severity: Severity
}

/** A problem that a comment in the file silences, and why. */
export interface Silenced extends Problem {
  readonly reason: string
}

export interface Position {
  readonly line: number
  readonly col: number
  /** Another file than the policy itself. */
  readonly file?: string
}

const MAX_PROBLEMS = 200
const MAX_TEXT = 300

/**
 * `file:line:col: message`, as compilers write it, so that editors can jump there; what can be silenced with its code.
 */
export function formatProblem(problem: Omit<Problem, 'code'> & { readonly code?: CheckCode }): string {
  const { file, line, col, message, hint, severity, code } = problem
  const what = severity === 'error' ? message : `${severity}: ${message}`
  const shown = severity === 'error' || code === undefined ? '' : ` [${code}]`
  return `${file}:${line}:${col}: ${what}${hint === undefined ? '' : ` (${hint})`}${shown}`
}

/** All problems of a policy file and of those that it names, each told once, however many routes share the cause. */
export class Problems {
  /** Of the file itself; those of other files are no YAML. */
  readonly allows = new Allows()
  readonly #file: string
  readonly #found = new Map<string, Problem>()
  readonly #silenced = new Map<string, Silenced>()
  readonly #secrets: { readonly value: string; readonly raw: string }[] = []
  #untold = 0
  #errors = 0

  constructor(file: string) {
    this.#file = file
  }

  get hasErrors(): boolean {
    return this.#errors > 0
  }

  /** More of them are counted, but no longer told. */
  get isFull(): boolean {
    return this.#found.size >= MAX_PROBLEMS
  }

  /** From now on, and looking back, no message shows this value: its raw text stands in for it. */
  hide(value: string, raw: string): void {
    if (value.length >= MIN_SECRET_LENGTH) this.#secrets.push({ value, raw })
  }

  error(at: Position, message: string, hint?: string, code: ErrorCode = 'invalid-policy'): void {
    this.#add(code, at, message, hint)
  }

  /** What does not refuse the file. */
  notice(code: NoticeCode, at: Position, message: string, hint?: string): void {
    this.#add(code, at, message, hint)
  }

  /** What comments in the file silence, sorted as `list`. */
  silenced(): readonly Silenced[] {
    const all = [...this.#silenced.values()]
    return Object.freeze(
      all.map((one) => ({ ...this.#clean(one), reason: this.#oneLine(one.reason) })).sort(byPlace),
    )
  }

  /** Sorted by place; beyond the bound one closing line tells how many more there are. */
  list(): readonly Problem[] {
    const order = (a: Problem, b: Problem) => this.#byFile(a, b) || byPlace(a, b)
    const sorted = [...this.#found.values()].map((problem) => this.#clean(problem)).sort(order)
    const last = sorted.at(-1)
    if (this.#untold > 0 && last !== undefined) sorted.push(closing(last, this.#untold, this.hasErrors))
    return Object.freeze(sorted)
  }

  #byFile(a: Problem, b: Problem): number {
    if (a.file === b.file) return 0
    if (a.file === this.#file || b.file === this.#file) return a.file === this.#file ? -1 : 1
    return a.file < b.file ? -1 : 1
  }

  #add(code: CheckCode, at: Position, message: string, hint: string | undefined): void {
    const { line, col, file = this.#file } = at
    const { severity } = CHECK_CODES[code]
    const key = `${file}:${line}:${col}:${message}`
    if (this.#found.has(key)) return
    const problem = { code, file, line, col, message, severity, ...(hint && { hint }) }
    const reason = file !== this.#file ? null : this.allows.reasonFor(code, line)
    if (reason !== null) this.#silence(key, { ...problem, reason })
    else this.#keep(key, problem)
  }

  #silence(key: string, problem: Silenced): void {
    if (this.#silenced.size < MAX_PROBLEMS) this.#silenced.set(key, problem)
  }

  #keep(key: string, problem: Problem): void {
    if (problem.severity === 'error') this.#errors++
    if (this.isFull) this.#untold++
    else this.#found.set(key, problem)
  }

  #clean(problem: Problem): Problem {
    const { message, hint } = problem
    const cleaned = { ...problem, message: this.#oneLine(message) }
    return Object.freeze(hint === undefined ? cleaned : { ...cleaned, hint: this.#oneLine(hint) })
  }

  #oneLine(text: string): string {
    let out = text
    for (const { value, raw } of this.#secrets) out = out.replaceAll(value, raw)
    return visible(out.replace(API_KEY, 'sp_…'), MAX_TEXT)
  }
}

/** A key that somebody wrote where its hash belongs. */
const API_KEY = /sp_(?:live|test)_\w+/g

/** Shorter ones occur in every text; messages at their own place never quote them anyway. */
const MIN_SECRET_LENGTH = 4

/** Text of others on one line: no control characters (they could move a terminal's cursor), no endless lengths. */
export function visible(text: string, maxLength: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => {
    return `\\u{${char.codePointAt(0)?.toString(16)}}`
  })
  return line.length <= maxLength ? line : `${line.slice(0, maxLength)}…`
}

function byPlace(a: Problem, b: Problem): number {
  return a.line - b.line || a.col - b.col
}

function closing({ file, line, col }: Problem, untold: number, hasErrors: boolean): Problem {
  return Object.freeze({
    code: hasErrors ? ('invalid-policy' as const) : ('more-problems' as const),
    file,
    line,
    col,
    message: `and ${untold} more problems`,
    severity: hasErrors ? ('error' as const) : ('warning' as const),
  })
}
