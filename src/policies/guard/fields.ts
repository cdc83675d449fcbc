import helmet from 'helmet'

/** The header that each setting is about. */
export const HEADER_OF = Object.freeze({
  content_security_policy: 'content-security-policy',
  strict_transport_security: 'strict-transport-security',
  frame_options: 'x-frame-options',
  referrer_policy: 'referrer-policy',
  cross_origin_resource_policy: 'cross-origin-resource-policy',
  cross_origin_opener_policy: 'cross-origin-opener-policy',
  cross_origin_embedder_policy: 'cross-origin-embedder-policy',
  permissions_policy: 'permissions-policy',
  origin_agent_cluster: 'origin-agent-cluster',
  content_type_options: 'x-content-type-options',
  dns_prefetch_control: 'x-dns-prefetch-control',
  download_options: 'x-download-options',
  permitted_cross_domain_policies: 'x-permitted-cross-domain-policies',
  xss_protection: 'x-xss-protection',
} as const)

/**
 * What helmet sets, tuned for an API: its replies are no pages, so they may load nothing and be in no frame.
 * A browser obeys these even on an error page or a JSON reply that somebody made it show.
 */
const API_OPTIONS = Object.freeze({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  xFrameOptions: { action: 'deny' as const },
})

/** Lower-case name to value. */
export type HeaderSet = ReadonlyMap<string, string>

type Handler = ReturnType<typeof helmet>

/** helmet is run once, against a reply that only writes down what it is told; then its work is a constant. */
export function apiHeaders(): HeaderSet {
  const headers = new Map<string, string>()
  const reply = {
    setHeader: (name: string, value: string) => headers.set(name.toLowerCase(), value),
    removeHeader: () => {},
  }
  const run: Handler = helmet(API_OPTIONS)
  run({} as Parameters<Handler>[0], reply as unknown as Parameters<Handler>[1], () => {})
  return headers
}
