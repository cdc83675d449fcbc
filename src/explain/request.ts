import type { Facts } from '../core/facts.ts'
import type { Described } from '../judge/described.ts'
import type { Judgement } from '../judge/judge.ts'
import type { Explanation } from './explanation.ts'
import type { Masks } from './mask.ts'

/** The facts that matter, and where the client's address comes from. */
export function requestOf(
  { method, target, peer, atMs, id, body }: Described,
  { decision }: Judgement,
  masks: Masks,
): Explanation['request'] {
  const asked = { id, at: new Date(atMs).toISOString(), method, target: masks.target(target), peer }
  if (decision === null) {
    const client = { client: peer, client_why: 'the other end of the connection' }
    const bytes = body?.length ?? 0
    return { ...asked, ...client, path: null, host: null, scheme: null, websocket: false, body_bytes: bytes }
  }
  const { path, host, scheme, client, websocket, bodyBytes } = decision.facts
  const clientWhy = whyOf(decision.facts)
  return { ...asked, path, host, scheme, client, client_why: clientWhy, websocket, body_bytes: bodyBytes }
}

function whyOf({ headers, peerTrusted }: Facts): string {
  const isNamed = headers['x-forwarded-for'] !== undefined
  if (peerTrusted) {
    return isNamed
      ? 'by X-Forwarded-For, because the other end of the connection is in `trust`'
      : 'the other end of the connection, which is in `trust` and names nobody else'
  }
  return isNamed
    ? 'the other end of the connection; X-Forwarded-For is not believed, because that is not in `trust`'
    : 'the other end of the connection'
}
