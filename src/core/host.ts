import { canonicalAddress } from './address.ts'

/** Hosts answered for: exact ones, and those below a `*.` wildcard. */
export interface HostSet {
  readonly exact: ReadonlySet<string>
  /** Each begins with a dot: `.example.com`. */
  readonly suffixes: readonly string[]
}

export interface Authority {
  /** Lower case, without port and without a final dot. */
  readonly host: string
  /** '' when none is written. */
  readonly port: string
}

const NAME = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/
const IPV6_LITERAL = /^\[([0-9a-f:.]*:[0-9a-f:.]*)\]$/
const PORT = /^[0-9]{1,5}$/
const MAX_HOST_LENGTH = 255

/**
 * Reads a Host header (RFC 9112 3.2, RFC 3986 3.2). User information, lists, paths and empty hosts are not hosts.
 * @returns null when it is not one well-formed authority
 */
export function parseAuthority(text: string): Authority | null {
  if (text.length > MAX_HOST_LENGTH) return null
  const lower = text.toLowerCase()
  const colon = lower.startsWith('[') ? lower.indexOf(':', lower.indexOf(']')) : lower.indexOf(':')
  const named = colon === -1 ? lower : lower.slice(0, colon)
  const port = colon === -1 ? '' : lower.slice(colon + 1)
  if (colon !== -1 && !(PORT.test(port) && Number(port) <= 65_535)) return null
  if (isIpv6Literal(named)) return { host: named, port }
  const host = named.endsWith('.') ? named.slice(0, -1) : named
  return NAME.test(host) ? { host, port } : null
}

function isIpv6Literal(text: string): boolean {
  const [, address] = IPV6_LITERAL.exec(text) ?? []
  return address !== undefined && canonicalAddress(address) !== null
}

/** A set from `example.com` and `*.example.com` entries, each lower-cased. */
export function hostSet(entries: readonly string[]): HostSet {
  const lower = entries.map((entry) => entry.toLowerCase())
  return Object.freeze({
    exact: new Set(lower.filter((entry) => !entry.startsWith('*.'))),
    suffixes: Object.freeze(lower.filter((entry) => entry.startsWith('*.')).map((entry) => entry.slice(1))),
  })
}

export function hostIsServed(hosts: HostSet, host: string): boolean {
  if (hosts.exact.has(host)) return true
  return hosts.suffixes.some((suffix) => host.length > suffix.length && host.endsWith(suffix))
}
