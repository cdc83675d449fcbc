import { z } from 'zod'
import { addressSet } from '../core/address.ts'
import { TOKEN_CHARS } from '../core/headers.ts'
import { parseAuthority } from '../core/host.ts'
import { canonicalPath, isPathRefusal } from '../core/path.ts'

/** Where a listener listens. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** Where requests go: `origin` without a path, `basePath` '' or '/base'. */
export interface UpstreamUrl {
  readonly origin: string
  readonly basePath: string
}

const MAX_PORT = 65_535
const LISTEN = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+)):(\d{1,5})$/
/** token of RFC 9110 5.6.2. */
export const HEADER_NAME = new RegExp(`^[${TOKEN_CHARS}]{1,128}$`)
/** field-value of RFC 9110 5.5 in ASCII: CR, LF and NUL would begin another field or another message. */
const HEADER_VALUE = /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$|^$/
const NAME = /^[a-z][a-z0-9_-]{0,63}$/
const HTTP_URL = /^(https?):\/\/([^/?#@\s\\]+)(\/[^?#\s\\]*)?$/i

/** A text as `read` reads it. @param read answers with a text of its own to say what is wrong */
export function readWith<T extends object>(text: z.ZodString, read: (text: string) => T | string) {
  return text.transform((written, context): T => {
    const value = read(written)
    if (typeof value !== 'string') return value
    context.addIssue({ code: 'custom', message: value })
    return z.NEVER
  })
}

/** `HOST:PORT`; IPv6 addresses in brackets. Port 0 takes a free one. */
export function listenAddress() {
  const message = 'write HOST:PORT such as 0.0.0.0:8080 or [::]:8080'
  return z
    .string({ error: message })
    .regex(LISTEN, message)
    .transform((text): ListenAddress => {
      const [, ipv6, host = '', port] = LISTEN.exec(text) ?? []
      return { host: ipv6 ?? host, port: Number(port) }
    })
    .refine(({ port }) => port <= MAX_PORT, `a port is at most ${MAX_PORT}`)
}

/** A name that other parts of the file refer to. */
export function refName() {
  return z
    .string()
    .regex(NAME, 'write a lower-case letter, then up to 63 of lower-case letters, digits, - and _')
}

/** A header name, lower-cased. */
export function headerName() {
  return z
    .string()
    .regex(HEADER_NAME, 'is not a header name')
    .transform((name) => name.toLowerCase())
}

export function headerValue() {
  return z
    .string()
    .max(8192)
    .regex(HEADER_VALUE, 'must be one line of printable ASCII without spaces at its ends')
}

/** An address or a range, see core/address.ts. */
export function addressRange() {
  return z.string().superRefine((text, context) => {
    try {
      addressSet([text])
    } catch {
      context.addIssue({
        code: 'custom',
        message: 'write an address or a range such as 10.0.0.0/8 or 2001:db8::/32',
      })
    }
  })
}

/** `example.com` or `*.example.com`, lower-cased. */
export function hostPattern() {
  return z
    .string()
    .refine(isHostPattern, 'write a host such as api.example.com or *.example.com, without a port')
    .transform((host) => host.toLowerCase())
}

function isHostPattern(text: string): boolean {
  const authority = parseAuthority(text.startsWith('*.') ? text.slice(2) : text)
  return authority !== null && authority.port === '' && !text.endsWith('.')
}

/**
 * An http or https URL of an upstream. Read by a narrow pattern instead of a URL parser: what needs repairing is refused.
 */
export function upstreamUrl() {
  return readWith(z.string(), readUrl)
}

function readUrl(text: string): UpstreamUrl | string {
  const [, scheme = '', authority = '', path = ''] = HTTP_URL.exec(text) ?? []
  if (scheme === '') return urlMistake(text)
  const parsed = parseAuthority(authority)
  if (parsed === null) return 'the host of this URL is not a host'
  const port = parsed.port === '' ? '' : `:${parsed.port}`
  const basePath = path.endsWith('/') ? path.slice(0, -1) : path
  const canonical = canonicalPath(basePath === '' ? '/' : basePath)
  if (isPathRefusal(canonical)) return `the path of this URL is ambiguous: ${canonical.why}`
  return {
    origin: `${scheme.toLowerCase()}://${parsed.host}${port}`,
    basePath: basePath === '' ? '' : canonical.path,
  }
}

function urlMistake(text: string): string {
  if (!/^https?:\/\//i.test(text)) return 'write a URL that begins with http:// or https://'
  if (text.includes('@')) return 'a URL here has no user name or password'
  if (/[?#]/.test(text)) return 'a URL here has no query and no fragment'
  return 'write a URL such as http://127.0.0.1:3000'
}
