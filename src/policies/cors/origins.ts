import { parseAuthority } from '../../core/host.ts'

/** Every host below `suffix`, with one scheme and port. */
export interface WildcardOrigin {
  /** `https://` */
  readonly scheme: string
  /** Begins with a dot: `.example.com`. */
  readonly suffix: string
  /** '' is the scheme's own port. */
  readonly port: string
}

interface OriginParts {
  readonly scheme: string
  readonly host: string
  readonly port: string
}

const SCHEME = /^[a-z][a-z0-9+.-]{0,31}:\/\//
const WILDCARD = '*.'
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http://': '80', 'https://': '443' }

/**
 * What is wrong with an origin of the policy; null when a browser would send it just like that (RFC 6454 6.1).
 */
export function originProblem(text: string): string | null {
  if (text === '*' || text === 'null') return null
  const parts = parseOrigin(text.replace(`//${WILDCARD}`, '//'))
  if (parts === null)
    return 'write scheme://host or scheme://host:port in lower case, without a path or a final slash'
  if (parts.port === DEFAULT_PORTS[parts.scheme]) return `leave out :${parts.port}, browsers never send it`
  if (text.includes(`//${WILDCARD}`) && !parts.host.includes('.'))
    return 'a wildcard needs a domain of two labels'
  return null
}

export function isWildcard(origin: string): boolean {
  return origin.includes(`//${WILDCARD}`)
}

/** @param origin a checked `scheme://*.domain` */
export function wildcardOrigin(origin: string): WildcardOrigin {
  const [scheme = '', authority = ''] = origin.split(WILDCARD)
  const [host, port = ''] = authority.split(':')
  return Object.freeze({ scheme, suffix: `.${host}`, port })
}

/** The whole host is read before its end is looked at: `a.example.com`.evil.io` is no host at all. */
export function matchesWildcard(wildcards: readonly WildcardOrigin[], origin: string): boolean {
  if (wildcards.length === 0) return false
  const parts = parseOrigin(origin)
  return (
    parts !== null &&
    wildcards.some(
      ({ scheme, suffix, port }) =>
        parts.scheme === scheme && parts.port === port && parts.host.endsWith(suffix),
    )
  )
}

/** An origin exactly as browsers write it; null for anything else. */
function parseOrigin(text: string): OriginParts | null {
  const scheme = SCHEME.exec(text)?.[0]
  if (scheme === undefined) return null
  const authority = parseAuthority(text.slice(scheme.length))
  if (authority === null) return null
  const { host, port } = authority
  const written = port === '' ? `${scheme}${host}` : `${scheme}${host}:${port}`
  return written === text ? { scheme, host, port } : null
}
