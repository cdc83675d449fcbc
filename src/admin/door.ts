import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { canonicalAddress } from '../core/address.ts'
import type { Code } from '../core/codes.ts'
import { parseAuthority } from '../core/host.ts'
import { refuse } from './problem.ts'

/** Fields of which a second one is an attack: each reader could believe another one. */
const ONCE: ReadonlySet<string> = new Set(['host', 'origin', 'authorization', 'content-type'])
const JSON_TYPE = /^application\/json[ \t]*(?:;|$)/i
const LOOPBACK: ReadonlySet<string | null> = new Set(['127.0.0.1', '::1'].map(canonicalAddress))

type Question = (request: IncomingMessage, listenHost: string) => Code | null

/** In order: what no request of the operator's own tools would be. */
const QUESTIONS: readonly Question[] = [
  ({ url = '' }) => (url.startsWith('/') ? null : 'target_refused'),
  ({ rawHeaders }) => (hasTwice(rawHeaders) ? 'header_refused' : null),
  (request, listenHost) => (isOwnHost(request, listenHost) ? null : 'host_unknown'),
  ({ headers }) => (isSameOrigin(headers.origin, headers.host ?? '') ? null : 'origin_refused'),
  (request) => (isSimple(request) ? 'media_type_refused' : null),
]

/**
 * Ends requests that a browser sends for somebody else's page, before the token is looked at.
 * @param listenHost the host of `admin.listen`
 */
export function doorOf(listenHost: string) {
  return async function adminDoor(request: FastifyRequest, reply: FastifyReply) {
    for (const ask of QUESTIONS) {
      const code = ask(request.raw, listenHost)
      if (code !== null) return refuse(reply, code)
    }
  }
}

function hasTwice(rawHeaders: readonly string[]): boolean {
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  return names.some((name, index) => ONCE.has(name) && names.indexOf(name) !== index)
}

/**
 * DNS rebinding: a page of evil.example, whose name suddenly points here, is of one origin with us to its browser; but
 * the Host still is evil.example. Any port will do, since tunnels and port mappings change it.
 */
function isOwnHost({ headers, socket }: IncomingMessage, listenHost: string): boolean {
  const { host } = parseAuthority(headers.host ?? '') ?? { host: '' }
  const address = canonicalAddress(host.replace(/^\[|\]$/g, ''))
  if (address === null) return host === 'localhost' || (host !== '' && host === listenHost.toLowerCase())
  return LOOPBACK.has(address) || address === canonicalAddress(socket.localAddress ?? '')
}

function isSameOrigin(origin: string | undefined, host: string): boolean {
  return origin === undefined || origin.toLowerCase() === `http://${host.toLowerCase()}`
}

/** A page may send text/plain and forms to anybody without being asked for leave first; never application/json. */
function isSimple({ method, headers }: IncomingMessage): boolean {
  return method !== 'GET' && !JSON_TYPE.test(headers['content-type'] ?? '')
}
