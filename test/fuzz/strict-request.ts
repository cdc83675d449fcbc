import {
  type Body,
  type Head,
  isToken,
  malformed,
  type StrictField,
  type Taken,
  takeChunked,
  takeHead,
  takeSized,
  valuesOf,
} from './strict-head.ts'

export interface StrictRequest extends Body {
  readonly method: string
  readonly target: string
  readonly version: string
  readonly fields: readonly StrictField[]
}

/** Node's parser takes the names of two kindred protocols for HTTP, and does not tell. */
const VERSION = /^(?:HTTP|RTSP|ICE)\/1\.[01]$/
const TARGET = /^[\x21-\x7e]+$/
const LENGTH = /^(?:0|[1-9]\d{0,14})$/
/** RFC 9112 3 lets a server split at more than one space, and Node's parser does before the version. */
const WORD_END = / +/
/** RFC 9112 2.2: a server ignores line ends before a request line; Node's parser bare ones too. */
const LEAD = /^[\r\n]+/

/** Cuts one request off, as the strictest server would read it. */
export function takeRequest(text: string): Taken<StrictRequest> {
  const head = takeHead(text.replace(LEAD, ''))
  if (head.state !== 'whole') return head
  const [method = '', target = '', version = '', ...more] = head.message.start.split(WORD_END)
  if (!isToken(method) || !TARGET.test(target) || more.length > 0) return malformed('no request line')
  if (!VERSION.test(version)) return malformed(`version ${version}`)
  const body = takeBody(head.message, version, head.rest)
  if (body.state !== 'whole') return body
  const message = { method, target, version, fields: head.message.fields, ...body.message }
  return { state: 'whole', message, rest: body.rest }
}

function takeBody({ fields }: Head, version: string, rest: string): Taken<Body> {
  if (valuesOf(fields, 'host').length !== 1) return malformed('not one Host')
  const lengths = valuesOf(fields, 'content-length')
  const codings = valuesOf(fields, 'transfer-encoding')
  if (lengths.length + codings.length > 1) return malformed('more than one framing field')
  const [length] = lengths
  const [coding] = codings
  if (length !== undefined) {
    return LENGTH.test(length) ? takeSized(rest, Number(length)) : malformed('content-length is no length')
  }
  if (coding === undefined) return takeSized(rest, 0)
  if (version.endsWith('.0') || coding.toLowerCase() !== 'chunked') return malformed('transfer coding')
  return takeChunked(rest)
}

/** The requests of one connection, and how its bytes end. */
export interface RequestStream {
  readonly whole: readonly StrictRequest[]
  /** Of the whole ones and the one that is not; a reply to HEAD has no body. */
  readonly methods: readonly string[]
  /** `opaque`: what follows an upgrade is another protocol, or nothing of ours. */
  readonly end: 'clean' | 'partial' | 'malformed' | 'opaque'
}

/** Reads all that one client wrote. */
export function readRequests(text: string): RequestStream {
  const whole: StrictRequest[] = []
  const methods: string[] = []
  let rest = text
  while (rest !== '') {
    methods.push(/^\s*(\S*)/.exec(rest)?.[1] ?? '')
    const taken = takeRequest(rest)
    if (taken.state !== 'whole') return { whole, methods, end: taken.state }
    whole.push(taken.message)
    rest = taken.rest
    if (isUpgrade(taken.message)) return { whole, methods, end: 'opaque' }
  }
  return { whole, methods, end: 'clean' }
}

/** Whether what follows need not be HTTP: a tunnel, WebSocket, or a protocol that the server may decline. */
export function isUpgrade({ method, fields }: StrictRequest): boolean {
  if (method === 'CONNECT') return true
  const isNamed = valuesOf(fields, 'connection').some((value) => /upgrade/i.test(value))
  return isNamed && valuesOf(fields, 'upgrade').length > 0
}
