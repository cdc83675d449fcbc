/** Something about a policy file that its author should know. */
export interface Problem {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly col: number
  /** One line; quotes the text of the file, never what a `${env:…}` or `${file:…}` stands for. */
  readonly message: string
  /** What to do about it, when that can be told. */
  readonly hint?: string
  /** An error refuses the file, a warning does not. */
  readonly severity: 'error' | 'warning'
}

export interface Position {
  readonly line: number
  readonly col: number
  /** Another file than the policy itself. */
  readonly file?: string
}

const MAX_PROBLEMS = 200
const MAX_TEXT = 300

/** `file:line:col: message`, as compilers write it, so that editors can jump there. */
export function formatProblem({ file, line, col, message, hint, severity }: Problem): string {
  const what = severity === 'warning' ? `warning: ${message}` : message
  return `${file}:${line}:${col}: ${what}${hint === undefined ? '' : ` (${hint})`}`
}

/** All problems of a policy file and of those that it names, each told once, however many routes share the cause. */
export class Problems {
  readonly #file: string
  readonly #found = new Map<string, Problem>()
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

  error(at: Position, message: string, hint?: string): void {
    this.#add('error', at, message, hint)
  }

  warning(at: Position, message: string, hint?: string): void {
    this.#add('warning', at, message, hint)
  }

  /** Sorted by place; beyond the bound one closing line tells how many more there are. */
  list(): readonly Problem[] {
    const order = (a: Problem, b: Problem) => this.#byFile(a, b) || byPlace(a, b)
    const sorted = [...this.#found.values()].map((problem) => this.#clean(problem)).sort(order)
    const last = sorted.at(-1)
    if (this.#untold > 0 && last !== undefined) sorted.push(closing(last, this.#untold))
    return Object.freeze(sorted)
  }

  #byFile(a: Problem, b: Problem): number {
    if (a.file === b.file) return 0
    if (a.file === this.#file || b.file === this.#file) return a.file === this.#file ? -1 : 1
    return a.file < b.file ? -1 : 1
  }

  #add(severity: Problem['severity'], at: Position, message: string, hint?: string): void {
    const { line, col, file = this.#file } = at
    const key = `${file}:${line}:${col}:${message}`
    if (this.#found.has(key)) return
    if (severity === 'error') this.#errors++
    if (this.isFull) {
      this.#untold++
      return
    }
    this.#found.set(key, { file, line, col, message, severity, ...(hint && { hint }) })
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
const API_KEY = /\bsp_(?:live|test)_\w+/g

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

function closing({ file, line, col }: Problem, untold: number): Problem {
  return Object.freeze({
    file,
    line,
    col,
    message: `and ${untold} more problems`,
    severity: 'error' as const,
  })
}
