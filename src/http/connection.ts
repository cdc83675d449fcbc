import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { canonicalAddress } from '../core/address.ts'
import type { Exchange } from './exchange.ts'
import { Turns } from './turns.ts'

/** What is to be remembered of a connection from one request to the next. */
export interface Connection {
  /** Canonical text of the socket's other end. */
  readonly peer: string
  /** The latest request while it is not over, for bytes that turn out to be no HTTP in the middle of it. */
  latest: Exchange | null
  /** The last request that was over before its body had come, which it may still do. */
  cutShort: IncomingMessage | null
  /** Pipelined requests that came while another one had the connection's reply, until they are over. */
  readonly queued: Set<Exchange>
  /** Bounds how many of its requests are under way at once. */
  readonly turns: Turns
  /** A message was refused for its form: what follows may be a part of it. */
  isAtItsEnd: boolean
  /** It has ended in bytes that are no HTTP. */
  isBroken: boolean
}

/** The peer of a socket that does not tell, because it is gone. */
export const UNKNOWN_PEER = '0.0.0.0'
/** The zone of a link-local address (RFC 4007 11) names an interface of this machine, and no client. */
const ZONE = /%.*$/

const connections = new WeakMap<Socket, Connection>()

export function connectionOf(socket: Socket): Connection {
  const known = connections.get(socket)
  if (known !== undefined) return known
  const connection = {
    peer: peerOf(socket),
    latest: null,
    cutShort: null,
    queued: new Set<Exchange>(),
    turns: new Turns(socket),
    isAtItsEnd: false,
    isBroken: false,
  }
  connections.set(socket, connection)
  return connection
}

function peerOf(socket: Socket): string {
  return canonicalAddress((socket.remoteAddress ?? '').replace(ZONE, '')) ?? UNKNOWN_PEER
}
