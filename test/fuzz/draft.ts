/** A message before it is bytes; each text holds one character per byte. */
export interface Message {
  /** Bytes before the start line. */
  lead: string
  /** The three words of a start line. */
  readonly start: [string, string, string]
  /** Field lines without their line ends. */
  lines: string[]
  /** What ends each line of the head. */
  eol: string
  body: string
}

/**
 * What is done once all bytes are written. For a client: wait for replies, end its half at once, leave, reset. For an
 * upstream: keep the connection, end it, leave, reset.
 */
export type Ending = 'wait' | 'end' | 'leave' | 'reset'

export const ENDINGS: readonly Ending[] = ['wait', 'end', 'leave', 'reset']

/** What mutators change. */
export interface Draft {
  readonly messages: Message[]
  /** Applied to the bytes, in order. */
  readonly edits: ((bytes: string) => string)[]
  /** Shares of the length at which a new write begins. */
  cuts: number[]
  ending: Ending
}

export function render({ lead, start, lines, eol, body }: Message): string {
  const head = lines.map((line) => line + eol).join('')
  return `${lead}${start.join(' ').trimEnd()}${eol}${head}${eol}${body}`
}

/** The writes of a draft: all its messages, edited and cut. */
export function writesOf(draft: Draft): string[] {
  const bytes = draft.edits.reduce((text, edit) => edit(text), draft.messages.map(render).join(''))
  const at = [...new Set(draft.cuts.map((share) => Math.floor(share * bytes.length)))].sort((a, b) => a - b)
  const writes: string[] = []
  let from = 0
  for (const to of [...at, bytes.length]) {
    if (to > from) writes.push(bytes.slice(from, to))
    from = Math.max(from, to)
  }
  return writes
}

/** Replaces the field lines of that name by one; adds it when there is none. */
export function setField(message: Message, name: string, value: string): void {
  dropField(message, name)
  message.lines.push(`${name}: ${value}`)
}

export function dropField(message: Message, name: string): void {
  const start = `${name.toLowerCase()}:`
  message.lines = message.lines.filter((line) => !line.toLowerCase().startsWith(start))
}

/** Gives the message a body with a length. */
export function setBody(message: Message, body: string): void {
  dropField(message, 'transfer-encoding')
  setField(message, 'Content-Length', String(body.length))
  message.body = body
}

/** Gives the message a chunked body from chunk lines, data and trailers as they are to be sent. */
export function setChunked(message: Message, encoded: string): void {
  dropField(message, 'content-length')
  setField(message, 'Transfer-Encoding', 'chunked')
  message.body = encoded
}

export function chunksOf(body: string, size: number): string {
  let out = ''
  for (let at = 0; at < body.length; at += size) {
    const piece = body.slice(at, at + size)
    out += `${piece.length.toString(16)}\r\n${piece}\r\n`
  }
  return `${out}0\r\n\r\n`
}
