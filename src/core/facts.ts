/**
 * What is known about one request before anything is decided. Plain JSON and frozen, so that the live gate,
 * an explanation and a replay judge the very same data.
 */
export interface Facts {
  /** 32 hex digits: the request id, and the trace id unless a trusted peer began the trace. */
  readonly id: string
  /** W3C Trace Context for the upstream: our span in the trace. */
  readonly traceparent: string
  /** Epoch milliseconds at which the request line was read. */
  readonly atMs: number
  readonly method: string
  /** What the client spoke, to us or to the trusted proxy in front. */
  readonly scheme: 'http' | 'https'
  /** Lower case, without port; an IPv6 literal keeps its brackets. */
  readonly host: string
  /** Host as the client sent it, port included: what `preserve_host` hands on. */
  readonly authority: string
  /** The authority the client asked for: Host, or what the trusted proxy in front says it was. */
  readonly clientAuthority: string
  /** The one canonical path: what is matched and what is sent. */
  readonly path: string
  /** Byte for byte as sent: '' or '?…'. */
  readonly query: string
  /** The path holds `%2F`; only a route with `path.encoded_slash: allow` takes it. */
  readonly encodedSlash: boolean
  /** Header fields as sent, flat: name, value, name, value … */
  readonly fields: readonly string[]
  /** Lower-case look-up of the same fields; repeated ones are joined as RFC 9110 5.3 tells. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The client's address in canonical text, as far as `trust` lets it be believed. */
  readonly client: string
  /** The address of the socket's other end. */
  readonly peer: string
  /** The peer is one of `trust`: what it says about the request before it is believed. */
  readonly peerTrusted: boolean
  /** Declared body length in bytes: 0 none, null not declared (chunked). */
  readonly bodyBytes: number | null
  /** The client asks for a WebSocket. */
  readonly websocket: boolean
}

/** The first value of a header, for the ones that may come only once. */
export function headerOf(facts: Facts, name: string): string | undefined {
  const value = facts.headers[name]
  return typeof value === 'object' ? value[0] : value
}

/** Whether the request carries a body, declared or chunked. */
export function hasBody(facts: Facts): boolean {
  return facts.bodyBytes !== 0
}
