import { type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { isUpgrading } from './exchange.ts'

/** Longer than a packet needs to the client and back. */
const ANSWER_MS = 250

/**
 * A client may end its side behind its request and read on (RFC 9112 9.6). One that has left for good looks the same
 * until something is sent to it: it answers that with a reset, which fails the next write, and its request upstream is
 * aborted. An interim 100 is what may be sent before a reply, for every client has to read past it (RFC 9110 15.2).
 */
export function outliveHalfClose(server: Server): void {
  // Node reads it and does not document it; its default drops the replies that are still owed.
  Object.assign(server, { httpAllowHalfOpen: true })
  server.on('connection', (socket: Socket) => {
    socket.once('end', () => {
      if (hasLeft(socket)) socket.end()
      else if (ask(socket)) askAgain(socket)
    })
  })
}

/** In the middle of a reply, and in HTTP/1.0, there is nothing to ask with: who ends its side there has left. */
function hasLeft(socket: Socket): boolean {
  const response = responseOn(socket)
  if (response === null || isUpgrading(response.req)) return false
  return response.headersSent || response.req.httpVersionMinor === 0
}

/** The first may have been on its way to a client that had only just left. A reply that has begun asks by itself. */
function askAgain(socket: Socket): void {
  const again = setTimeout(ask, ANSWER_MS, socket)
  socket.once('close', () => clearTimeout(again))
}

/** @returns false when there is nothing to ask about */
function ask(socket: Socket): boolean {
  const response = responseOn(socket)
  if (response === null || isUpgrading(response.req) || response.headersSent) return false
  response.writeContinue()
  return true
}

/** Node knows whose reply is the next on the wire, and does not document where. */
function responseOn(socket: Socket): ServerResponse | null {
  return '_httpMessage' in socket && socket._httpMessage instanceof ServerResponse
    ? socket._httpMessage
    : null
}
