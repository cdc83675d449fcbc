import type { z } from 'zod'
import type { ErrorCode, NoticeCode } from './checks/codes.ts'
import { belongsTo, hintFor, tokenHint } from './hints.ts'
import type { Position, Problems } from './issues.ts'
import { didYouMean } from './nearest.ts'
import { type Finding, findingsOf, wordsOf } from './words.ts'
import type { Path, Values } from './yaml-values.ts'

/** Settings whose text may be a secret that somebody wrote into the file: never quoted, nor a URL with a password. */
const UNQUOTED: ReadonlySet<string> = new Set(['token', 'hash', 'redis', 'password', 'sentinel_password'])

/** A file while it is compiled: its values, and the way to tell its author what is wrong at which place. */
export class Draft {
  readonly values: Values
  readonly problems: Problems
  readonly #quotes: boolean

  /** @param quotes whether messages may show what is written; false where every line may hold a secret */
  constructor(values: Values, problems: Problems, quotes = true) {
    this.values = values
    this.problems = problems
    this.#quotes = quotes
  }

  /** The plain value at `path`; undefined when there is none. */
  raw(path: Path): unknown {
    let value: unknown = this.values.root
    for (const step of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
      value = (value as Record<string | number, unknown>)[step]
    }
    return value
  }

  has(path: Path): boolean {
    return this.raw(path) !== undefined
  }

  /** Keys of the mapping at `path`, in the file's order; none when it is no mapping. */
  names(path: Path): readonly string[] {
    const value = this.raw(path)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : []
  }

  count(path: Path): number {
    const value = this.raw(path)
    return Array.isArray(value) ? value.length : 0
  }

  /** @returns null when the value at `path` is not what the schema wants; the problems are told */
  parse<S extends z.ZodType>(schema: S, path: Path): z.output<S> | null {
    const result = schema.safeParse(this.raw(path), { error: wordsOf })
    if (result.success) return result.data
    for (const finding of findingsOf(result.error.issues, schema)) {
      this.#tell({ ...finding, path: [...path, ...finding.path] })
    }
    return null
  }

  lineOf(path: Path): number {
    return this.values.valueAt(path).line
  }

  error(path: Path, message: string, hint?: string, code?: ErrorCode): void {
    const shown = this.values.isSecret(path) ? undefined : hint
    this.problems.error(this.values.valueAt(path), this.#safe(path, message), shown, code)
  }

  /** For messages that hold nothing of the value at `path`. */
  errorAbout(path: Path, message: string): void {
    this.problems.error(this.values.valueAt(path), message)
  }

  /** What does not refuse the file. */
  notice(code: NoticeCode, path: Path, message: string, hint?: string): void {
    this.problems.notice(code, this.values.keyAt(path), message, hint)
  }

  /** A name that nothing has. */
  unknownName(path: Path, what: string, name: string, names: Iterable<string>): void {
    const which = this.#quotes ? `there is no ${what} \`${name}\`` : `there is no such ${what}`
    const hint = what === 'authenticator' ? tokenHint(name) : undefined
    this.error(path, which, hint ?? didYouMean(name, names))
  }

  #tell({ path, message, isKey, isFixed, choices }: Finding): void {
    const value = this.raw(path)
    if (isKey) this.#tellKey(path, message, choices)
    else if (value === undefined) this.#tellMissing(path, message)
    else if (value === null) this.error(path, `${nameOf(path)} has no value`, sentence(message))
    else if (isFixed && this.values.isSecret(path)) this.#tellUnfit(path, message)
    else this.#tellValue(path, message, hintFor(value, message, choices))
  }

  /** What a reference stands for is not shown, but what would fit is no secret. */
  #tellUnfit(path: Path, message: string): void {
    const what = this.#unfit(path)
    this.problems.error(this.values.valueAt(path), `${what}: ${isOwn(message) ? 'it ' : ''}${message}`)
  }

  #tellMissing(path: Path, message: string): void {
    // What is written, but could not be read, has been told already.
    if (this.values.rawAt(path) !== null) return
    this.error(path, `${nameOf(path)} is missing`, sentence(message))
  }

  #tellValue(path: Path, message: string, hint: string | undefined): void {
    const what = typeof path.at(-1) === 'number' ? `an entry of ${nameOf(path)}` : nameOf(path)
    const said = isOwn(message) ? `${what} ${message}` : `${what}: ${message}`
    this.error(path, `${said}${this.#quoted(path)}`, hint)
  }

  #tellKey(path: Path, message: string, choices: readonly string[]): void {
    const at: Position = this.values.keyAt(path)
    const key = String(path.at(-1))
    const said = message.startsWith('unknown key') ? message : `\`${key}\`: ${message}`
    this.problems.error(at, this.#quotes ? said : 'unknown key', belongsTo(path) ?? didYouMean(key, choices))
  }

  #quoted(path: Path): string {
    const raw = this.#quotes ? this.values.rawAt(path) : null
    if (raw === null || raw.includes('@') || isUnquoted(path)) return ''
    return `; it is \`${raw}\``
  }

  /** A schema's own message may quote the value: where that came from a reference, it is not shown. */
  #safe(path: Path, message: string): string {
    return this.values.isSecret(path) ? this.#unfit(path) : message
  }

  #unfit(path: Path): string {
    return `the value that \`${this.values.rawAt(path) ?? ''}\` stands for does not fit ${nameOf(path)}`
  }
}

/** A URL of Redis may hold a password at a place where nobody would look for it. */
function isUnquoted(path: Path): boolean {
  const name = String(path.at(-1))
  return UNQUOTED.has(name) || (path[0] === 'redis' && name === 'url')
}

/** The last name in a path: that of the setting, or of the list it is in. */
function nameOf(path: Path): string {
  return `\`${String(path.findLast((step) => typeof step === 'string') ?? '')}\``
}

/** A schema's own message says what to write. */
function sentence(message: string): string | undefined {
  return isOwn(message) ? undefined : message
}

/** Our own words continue the name of the setting; a schema's own message is a sentence. */
function isOwn(message: string): boolean {
  return message.startsWith('must ') || message.startsWith('is ')
}
