import { addressSet, canonicalAddress, containsAddress } from '../../core/address.ts'

/** Loopback, link-local, private and shared addresses: RFC 6890, 1918, 4193, 6598. */
const LOCAL_ADDRESSES = addressSet([
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10'],
  ...['::1', 'fe80::/10', 'fc00::/7'],
])
/** Ends of names that no public name server has: RFC 6761, 6762, 8375, ICANN's `.internal`, and Kubernetes' services. */
const LOCAL_NAMES = /(?:^|\.)(?:localhost|local|internal|home\.arpa|svc)$/

/**
 * Whether plain HTTP to a host stays within a machine or a private network, as far as its name tells. A name of one
 * label, such as that of a service in Compose, means nothing outside of it.
 * @param host lower case, an IPv6 address in brackets
 */
export function isLocalHost(host: string): boolean {
  const address = canonicalAddress(host.replace(/^\[(.*)\]$/, '$1'))
  if (address !== null) return containsAddress(LOCAL_ADDRESSES, address)
  return !host.includes('.') || LOCAL_NAMES.test(host)
}
