import { METHODS } from 'node:http'
import { visible } from '../config/issues.ts'
import { readBounded } from '../config/read.ts'
import type { RequestQuestion } from '../explain/question.ts'
import { WrongUse } from './options.ts'

const MAX_SHOWN = 200
const MAX_BODY_BYTES = 64 * 1024

/** What a command line says of a request. */
export interface Words {
  readonly positionals: readonly string[]
  readonly headers: readonly string[]
  readonly body: string | undefined
  readonly more: Readonly<Partial<Record<'key' | 'ip' | 'at' | 'host', string>>>
}

/** The policy file, if one is named, and the question. @throws WrongUse */
export function questionOf(words: Words): { policy: string | undefined; question: RequestQuestion } {
  const { policy, ...line } = lineOf(words.positionals)
  const headers = words.headers.length === 0 ? {} : { headers: headersOf(words.headers) }
  const body = words.body === undefined ? {} : { body: bodyOf(words.body) }
  return { policy, question: { ...line, ...headers, ...body, ...words.more } }
}

interface Line {
  readonly policy: string | undefined
  readonly target: string
  readonly method?: string
}

/** `POLICY "GET /x"`, `POLICY GET /x` or `POLICY /x`. */
function lineOf(positionals: readonly string[]): Line {
  const before = positionals.slice(0, -1)
  const last = (positionals.at(-1) ?? '').trim()
  if (last === '') throw new WrongUse('name the request, such as "GET /api/orders?x=1"')
  const [, typed, rest] = /^([A-Za-z-]+)\s+(\S+)$/.exec(last) ?? []
  const method = typed ?? (isMethod(before.at(-1)) ? before.pop() : undefined)
  const target = rest ?? last
  if (!/^(?:\/|\*$|https?:\/\/)/i.test(target)) {
    throw new WrongUse(`${shown(target)} is no request: write "GET /api/orders", or a URL`)
  }
  const [policy, ...more] = before
  if (more.length > 0) throw new WrongUse(`${shown(String(more[0]))} is one word too many`)
  return { policy, target, ...(method === undefined ? {} : { method }) }
}

/** In lower case it is none, and is told as such: a gate takes it for none either. */
const isMethod = (word: string | undefined): boolean =>
  word !== undefined && (/^[A-Z]{3,20}$/.test(word) || METHODS.includes(word.toUpperCase()))

function headersOf(lines: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = Object.create(null)
  for (const line of lines) {
    const [, name, value] = /^([^\s:]+):[ \t]*(.*)$/s.exec(line) ?? []
    // A header may hold a credential, so it is not shown.
    if (name === undefined || value === undefined)
      throw new WrongUse('-H takes a header such as "accept: text/html"')
    const list = headers[name] ?? []
    list.push(value.trimEnd())
    headers[name] = list
  }
  return headers
}

/** `@FILE`, or the text itself. */
function bodyOf(text: string): string {
  if (!text.startsWith('@')) return text
  try {
    return readBounded(text.slice(1), MAX_BODY_BYTES)
  } catch (error) {
    throw new WrongUse(`--body: ${shown(error instanceof Error ? error.message : String(error))}`)
  }
}

const shown = (text: string): string => visible(text, MAX_SHOWN)
