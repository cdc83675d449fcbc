import { clientAddress, containsAddress } from '../core/address.ts'
import type { Facts } from '../core/facts.ts'
import { parseAuthority } from '../core/host.ts'
import type { Policy } from '../core/policy.ts'
import type { Admitted, Knock } from './front-door.ts'

/** Where and when a request came in. */
export interface Arrival {
  readonly id: string
  readonly atMs: number
  /** Canonical text of the socket's other end. */
  readonly peer: string
}

const TRACEPARENT = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/
const NO_TRACE = '0'.repeat(32)
/** Half of the id, 16 hex digits, names our span within the trace. */
const SPAN_FROM = 16

/** The facts of a request that the front door admitted, frozen. */
export function factsOf(knock: Knock, admitted: Admitted, arrival: Arrival, policy: Policy): Facts {
  const { headers } = knock
  const peerTrusted = containsAddress(policy.trust, arrival.peer)
  return Object.freeze({
    id: arrival.id,
    traceparent: traceparentOf(arrival.id, peerTrusted ? headers.traceparent : undefined),
    atMs: arrival.atMs,
    method: knock.method,
    scheme: peerTrusted ? schemeOf(headers['x-forwarded-proto']) : 'http',
    host: admitted.authority.host,
    authority: admitted.authorityText,
    clientAuthority: peerTrusted
      ? authorityOf(headers['x-forwarded-host'], admitted)
      : admitted.authorityText,
    path: admitted.path,
    query: admitted.query,
    encodedSlash: admitted.encodedSlash,
    fields: knock.fields,
    headers,
    client: peerTrusted
      ? clientAddress(arrival.peer, joined(headers['x-forwarded-for']), policy.trust)
      : arrival.peer,
    peer: arrival.peer,
    peerTrusted,
    bodyBytes: admitted.bodyBytes,
    websocket: admitted.websocket,
  })
}

type HeaderValue = string | readonly string[] | undefined

function joined(value: HeaderValue): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value
}

/** A trace that a trusted peer began goes on; anybody else's is replaced, so nobody writes into our traces. */
function traceparentOf(id: string, before: HeaderValue): string {
  const [, traceId = id, flags = '00'] = TRACEPARENT.exec(String(before)) ?? []
  return `00-${traceId === NO_TRACE ? id : traceId}-${id.slice(SPAN_FROM)}-${flags}`
}

function schemeOf(forwarded: HeaderValue): 'http' | 'https' {
  return joined(forwarded)?.trim().toLowerCase() === 'https' ? 'https' : 'http'
}

function authorityOf(forwarded: HeaderValue, admitted: Admitted): string {
  const text = joined(forwarded)?.trim()
  return text !== undefined && parseAuthority(text) !== null ? text : admitted.authorityText
}
