/** An address as 128 bits; an IPv4 one is mapped (RFC 4291 2.5.5.2), so that `::ffff:1.2.3.4` is `1.2.3.4`. */
type Groups = readonly number[]

/** An address range: the first `bits` of `groups` count. */
interface Range {
  readonly groups: Groups
  readonly bits: number
}

export interface AddressSet {
  readonly ranges: readonly Range[]
}

export const NO_ADDRESSES: AddressSet = Object.freeze({ ranges: Object.freeze([]) })

const MAX_ADDRESS_LENGTH = 45
const IPV4 = /^(?:0|[1-9]\d{0,2})\.(?:0|[1-9]\d{0,2})\.(?:0|[1-9]\d{0,2})\.(?:0|[1-9]\d{0,2})$/
const GROUP = /^[0-9a-f]{1,4}$/
const DIGITS = /^\d{1,3}$/
const MAPPED_PREFIX: Groups = [0, 0, 0, 0, 0, 0xffff]
const IPV4_BITS = 32
const IPV6_BITS = 128
/** What one customer is given: addresses of one /64 are one client. */
const CLIENT_GROUPS = 4

/**
 * One text per address: IPv4 dotted, IPv6 lower-case in eight groups without leading zeros.
 * @returns null when the text is no address
 */
export function canonicalAddress(text: string): string | null {
  const groups = parse(text)
  return groups === null ? null : format(groups)
}

/** What a limit `by: ip` counts: the address, or the /64 of an IPv6 one. Takes canonical text. */
export function addressBucket(canonical: string): string {
  if (!canonical.includes(':')) return canonical
  return `${canonical.split(':').slice(0, CLIENT_GROUPS).join(':')}::/64`
}

/**
 * A set of ranges in CIDR notation, or single addresses.
 * @throws RangeError that names the entry that is neither
 */
export function addressSet(entries: readonly string[]): AddressSet {
  return Object.freeze({ ranges: Object.freeze(entries.map(parseRange)) })
}

/** @param canonical text of an address */
export function containsAddress(set: AddressSet, canonical: string): boolean {
  if (set.ranges.length === 0) return false
  const groups = parse(canonical)
  return groups !== null && set.ranges.some((range) => isWithin(groups, range))
}

/**
 * The client's address: from the right of X-Forwarded-For, past the proxies that are trusted, the first that is not.
 * What stands left of it was written by the client and proves nothing (CVE-2022-24112).
 * @param peer canonical text
 * @param forwardedFor the header's value, all its lines joined; believed only when the peer is trusted
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, trust: AddressSet): string {
  if (forwardedFor === undefined || !containsAddress(trust, peer)) return peer
  let client = peer
  for (const entry of forwardedFor.split(',').reverse()) {
    const address = canonicalAddress(withoutPort(entry.trim()))
    if (address === null) return client
    client = address
    if (!containsAddress(trust, address)) return client
  }
  return client
}

/** Some proxies write `1.2.3.4:5678` and `[::1]:5678`. */
function withoutPort(entry: string): string {
  if (entry.startsWith('[')) return entry.slice(1, Math.max(entry.indexOf(']'), 1))
  const colon = entry.indexOf(':')
  return colon !== -1 && colon === entry.lastIndexOf(':') ? entry.slice(0, colon) : entry
}

function parseRange(entry: string): Range {
  const [address = '', bitsText, ...rest] = entry.split('/')
  const groups = parse(address)
  const isIpv4 = !address.includes(':')
  const widest = isIpv4 ? IPV4_BITS : IPV6_BITS
  const bits = bitsText === undefined ? widest : DIGITS.test(bitsText) ? Number(bitsText) : -1
  if (groups === null || rest.length > 0 || bits < 0 || bits > widest) {
    throw new RangeError(`${entry} is neither an address nor a range such as 10.0.0.0/8 or 2001:db8::/32`)
  }
  return Object.freeze({ groups, bits: isIpv4 ? bits + IPV6_BITS - IPV4_BITS : bits })
}

function isWithin(groups: Groups, range: Range): boolean {
  for (let i = 0; i < groups.length; i++) {
    const bits = Math.min(Math.max(range.bits - i * 16, 0), 16)
    const mask = (0xffff << (16 - bits)) & 0xffff
    if (((at(groups, i) ^ at(range.groups, i)) & mask) !== 0) return false
  }
  return true
}

function parse(text: string): Groups | null {
  if (text.length > MAX_ADDRESS_LENGTH) return null
  const ipv4 = parseIpv4(text)
  if (ipv4 !== null) return [...MAPPED_PREFIX, ...ipv4]
  return parseIpv6(text.toLowerCase())
}

/** Dotted decimal only: `0x7f.1`, `010.0.0.1` and `2130706433` mean different things to different readers. */
function parseIpv4(text: string): Groups | null {
  if (!IPV4.test(text)) return null
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
  if (Math.max(a, b, c, d) > 255) return null
  return [a * 256 + b, c * 256 + d]
}

function parseIpv6(text: string): Groups | null {
  if (!text.includes(':')) return null
  const [left = '', right, ...rest] = text.split('::')
  if (rest.length > 0) return null
  return right === undefined ? parseFull(left) : parseShortened(left, right)
}

function parseFull(text: string): Groups | null {
  const groups = parseGroups(text)
  return groups?.length === 8 ? groups : null
}

/** `::` stands for at least one group of zeros; an IPv4 tail may only stand at the very end. */
function parseShortened(left: string, right: string): Groups | null {
  if (left.includes('.')) return null
  const head = parseGroups(left)
  const tail = parseGroups(right)
  if (head === null || tail === null) return null
  const missing = 8 - head.length - tail.length
  return missing < 1 ? null : [...head, ...new Array<number>(missing).fill(0), ...tail]
}

function parseGroups(text: string): number[] | null {
  if (text === '') return []
  const parts = text.split(':')
  const ipv4 = parseIpv4(text.slice(text.lastIndexOf(':') + 1))
  const hex = ipv4 === null ? parts : parts.slice(0, -1)
  if (!hex.every((part) => GROUP.test(part))) return null
  return [...hex.map((part) => Number.parseInt(part, 16)), ...(ipv4 ?? [])]
}

function format(groups: Groups): string {
  if (MAPPED_PREFIX.every((group, i) => group === at(groups, i))) {
    const [high, low] = [at(groups, 6), at(groups, 7)]
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
  }
  return groups.map((group) => group.toString(16)).join(':')
}

function at(groups: Groups, index: number): number {
  return groups[index] as number
}
