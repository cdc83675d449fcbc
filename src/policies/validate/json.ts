/** The text is no JSON that is safe to judge; the message is for the operator. */
export class JsonRefused extends Error {}

const MAX_DEPTH = 64
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const OPENING = new Set([0x5b, 0x7b])
const CLOSING = new Set([0x5d, 0x7d])
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d])

/**
 * Reads JSON as strictly as the parser on the other side might: UTF-8 without a mark, no deeper than 64, and no member
 * twice, for of two equal names one parser believes the first and another the last (RFC 8259 4, RFC 7493 2.3).
 * @throws JsonRefused
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decode(bytes)
  checkStructure(text)
  return parse(text)
}

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes)
  } catch {
    throw new JsonRefused('not UTF-8')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new JsonRefused('not JSON')
  }
}

/** The members of one object that is open; null until the first one. */
type Frame = Set<string> | null

/** One pass over brackets and strings. What is malformed beyond that, `JSON.parse` tells. */
function checkStructure(text: string): void {
  const open: Frame[] = []
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === QUOTE) i = takeString(text, i, open)
    else if (CLOSING.has(char)) open.pop()
    else if (OPENING.has(char) && open.push(null) > MAX_DEPTH) {
      throw new JsonRefused(`deeper than ${MAX_DEPTH}`)
    }
  }
}

/** @returns the index of the closing quote */
function takeString(text: string, start: number, open: Frame[]): number {
  const end = endOfString(text, start)
  if (isName(text, end)) addName(open, text.slice(start, end + 1))
  return end
}

function endOfString(text: string, start: number): number {
  let i = start + 1
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1
  return i
}

function isName(text: string, end: number): boolean {
  let i = end + 1
  while (SPACE.has(text.charCodeAt(i))) i++
  return text.charCodeAt(i) === COLON
}

function addName(open: Frame[], quoted: string): void {
  const name = quoted.includes('\\') ? parse(quoted) : quoted.slice(1, -1)
  const last = open.length - 1
  const names = open[last] ?? new Set()
  if (names.has(String(name))) throw new JsonRefused('a member comes twice')
  names.add(String(name))
  open[last] = names
}
