import { type KeyEntrySettings, keyEntrySchema } from '../policies/key/schema.ts'
import { Draft } from './draft.ts'
import type { Problems } from './issues.ts'
import { jsonPlaces } from './json-places.ts'
import { type Line, linesOf } from './lines.ts'

/** One entry of a key file, and the way to tell what is wrong with it. */
export interface KeyLine {
  readonly settings: KeyEntrySettings
  /** From 1. */
  readonly line: number
  /** Made when something is to be told, for it reads the line once more. */
  readonly draft: () => Draft
}

const MAX_LINE_BYTES = 4096
const QUOTE = 34
const COLON = 58
const BACKSLASH = 92

/**
 * The good entries of a file with one JSON object per line; the bad ones are told, until there is more than anybody
 * reads. Nothing of a line is ever quoted: where a hash belongs somebody will write a key.
 * @param file its name in messages
 */
export function* keyLines(
  chunks: Iterable<Uint8Array>,
  file: string,
  problems: Problems,
): Generator<KeyLine, void, undefined> {
  for (const line of linesOf(chunks, MAX_LINE_BYTES)) {
    if (problems.isFull && problems.hasErrors) return
    const entry = entryOf(line, file, problems)
    if (entry !== null) yield entry
  }
}

/** @returns null when there is no entry, or none that is good */
function entryOf(line: Line, file: string, problems: Problems): KeyLine | null {
  const { text, number } = line
  if (text === null) tellUnreadable(line, file, problems)
  if (text === null || text.trim() === '') return null
  const value = parsed(text)
  const settings = settingsOf(text, value)
  const written = { text, value, file, line: number }
  if (settings !== null) return { settings, line: number, draft: () => lineDraft(written, problems) }
  tellLine(written, problems)
  return null
}

function tellUnreadable({ number, why }: Line, file: string, problems: Problems): void {
  const what = why === 'too long' ? `longer than ${MAX_LINE_BYTES / 1024}KB` : 'not UTF-8'
  problems.error({ file, line: number, col: 1 }, `this line is ${what}`)
}

/** @returns undefined when the text is no JSON; where it stops being JSON is found out elsewhere */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** @returns null when there is anything to be told about the line */
function settingsOf(text: string, value: unknown): KeyEntrySettings | null {
  if (!isObject(value) || text.includes('${')) return null
  const { success, data } = keyEntrySchema.safeParse(value)
  // JSON.parse takes the last of two equal keys; nothing in a good entry has keys but the entry itself.
  return success && keyCount(text) === Object.keys(value).length ? data : null
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Colons outside of strings: in well-formed JSON there is one behind each key and no other. */
function keyCount(text: string): number {
  let count = 0
  let isInString = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) isInString = !isInString
    else if (isInString && code === BACKSLASH) i++
    else if (!isInString && code === COLON) count++
  }
  return count
}

interface Written {
  readonly text: string
  readonly value: unknown
  readonly file: string
  readonly line: number
}

function tellLine(written: Written, problems: Problems): void {
  const { text, value, file, line } = written
  const { fault, twinKey, valueAt } = jsonPlaces(text)
  const tell = (offset: number, message: string, hint?: string) =>
    problems.error({ file, line, col: offset + 1 }, message, hint)
  if (value === undefined || fault !== null) tell(fault ?? 0, 'not well-formed JSON', 'one entry per line')
  else if (!isObject(value)) tell(valueAt([]), 'a line is one entry of `keys`: a JSON object')
  else if (twinKey !== null) tell(twinKey, 'this key stands here twice')
  else if (text.includes('${')) tell(text.indexOf('${'), 'a reference: in key files nothing is resolved')
  else lineDraft(written, problems).parse(keyEntrySchema, [])
}

function lineDraft({ text, value, file, line }: Written, problems: Problems): Draft {
  const { keyAt, valueAt } = jsonPlaces(text)
  const values = {
    root: value as Readonly<Record<string, unknown>>,
    keyAt: (path: readonly (string | number)[]) => ({ file, line, col: keyAt(path) + 1 }),
    valueAt: (path: readonly (string | number)[]) => ({ file, line, col: valueAt(path) + 1 }),
    rawAt: () => null,
    isSecret: () => false,
  }
  return new Draft(values, problems, false)
}
