import {
  type Body,
  malformed,
  PARTIAL,
  type StrictField,
  type Taken,
  takeChunked,
  takeHead,
  takeSized,
  valuesOf,
} from './strict-head.ts'

export interface StrictReply extends Body {
  readonly status: number
  readonly fields: readonly StrictField[]
  /** It has no length of its own: the end of the connection ends it. */
  readonly untilEnd: boolean
}

export interface Asked {
  readonly isHead: boolean
  /** The connection has ended in order: a reply without a length is whole. */
  readonly hasEnded: boolean
}

const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})(?: [\t\x20-\x7e\x80-\xff]*)?$/
const LENGTH = /^\d{1,15}$/

/** Cuts one reply off; a 1xx counts as one. */
export function takeReply(text: string, asked: Asked): Taken<StrictReply> {
  const head = takeHead(text)
  if (head.state !== 'whole') return head
  const [, digits] = STATUS_LINE.exec(head.message.start) ?? []
  if (digits === undefined) return malformed('no status line')
  const status = Number(digits)
  if (status < 100 || status > 599) return malformed(`status ${status}`)
  const { fields } = head.message
  const framing = framingOf(fields)
  if (framing === null) return malformed('framing fields that contradict one another')
  const isBodiless = asked.isHead || status < 200 || status === 204 || status === 304
  const body = takeBody(isBodiless ? 0 : framing, head.rest, asked)
  if (body.state !== 'whole') return body
  const untilEnd = !isBodiless && framing === 'until end'
  return { state: 'whole', message: { status, fields, untilEnd, ...body.message }, rest: body.rest }
}

type Framing = number | 'chunked' | 'until end'

function framingOf(fields: readonly StrictField[]): Framing | null {
  const lengths = valuesOf(fields, 'content-length')
  const codings = valuesOf(fields, 'transfer-encoding')
  if (lengths.length + codings.length > 1) return null
  const [length] = lengths
  if (length !== undefined) return LENGTH.test(length) ? Number(length) : null
  const [coding] = codings
  if (coding === undefined) return 'until end'
  return coding.toLowerCase() === 'chunked' ? 'chunked' : null
}

function takeBody(framing: Framing, rest: string, { hasEnded }: Asked): Taken<Body> {
  if (framing === 'chunked') return takeChunked(rest)
  if (framing !== 'until end') return takeSized(rest, framing)
  return hasEnded ? takeSized(rest, rest.length) : PARTIAL
}

/** How each status line begins and ends that Sallyport writes. */
const OURS = /^HTTP\/1\.1 \d{3} [\t\x20-\x7e]*\r\n/

/** The replies on one connection. */
export interface ReplyStream {
  /** Without the 1xx. */
  readonly final: readonly StrictReply[]
  /** `cut`: bytes of a reply that never became whole. `upgraded`: another protocol took over. */
  readonly end: 'clean' | 'cut' | 'upgraded' | 'malformed'
  readonly why: string
}

/**
 * Reads all that one client got.
 * @param methods of the requests it sent, as far as they can be told
 */
export function readReplies(text: string, methods: readonly string[], hasEnded: boolean): ReplyStream {
  const final: StrictReply[] = []
  let rest = text
  while (rest !== '') {
    const taken = takeAnswer(rest, methods[final.length] === 'HEAD', hasEnded)
    if (taken.state === 'malformed') return { final, end: 'malformed', why: taken.why }
    if (taken.state === 'partial') return { final, end: 'cut', why: '' }
    if (taken.message.status === 101) return { final, end: 'upgraded', why: '' }
    if (taken.message.status >= 200) final.push(taken.message)
    rest = taken.rest
  }
  return { final, end: 'clean', why: '' }
}

/** As `takeReply`, but the status line must be as clean as Sallyport's are. */
function takeClean(text: string, asked: Asked): Taken<StrictReply> {
  const taken = takeReply(text, asked)
  return taken.state !== 'whole' || OURS.test(text) ? taken : malformed('a status line that is not clean')
}

/** A HEAD that could not be read as such is answered with a body. */
function takeAnswer(text: string, isHead: boolean, hasEnded: boolean): Taken<StrictReply> {
  if (!isHead) return takeClean(text, { isHead, hasEnded })
  const bodiless = takeClean(text, { isHead, hasEnded })
  const isFollowed =
    bodiless.state === 'whole' && bodiless.rest !== '' && !bodiless.rest.startsWith('HTTP/1.1 ')
  return isFollowed ? takeClean(text, { isHead: false, hasEnded }) : bodiless
}
