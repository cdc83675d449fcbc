import { z } from 'zod'

const OFF = 'off'
/** field-content of RFC 9110 5.5 in ASCII: a line feed here would end the field. */
const FIELD_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
const HSTS = /^max-age=\d{1,10}(?:; ?includeSubDomains)?(?:; ?preload)?$/
const VALUE_MESSAGE = 'write a header value of visible ASCII, or off'

const REFERRER_POLICIES = [
  'no-referrer',
  'no-referrer-when-downgrade',
  'same-origin',
  'origin',
  'strict-origin',
  'origin-when-cross-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
] as const

/** One header: its value, or `off` where the API's own passes. */
function header(name: string, effect: string, example: string, value: z.ZodType<string, string> = text()) {
  return z
    .union([z.literal(OFF), value])
    .optional()
    .meta({ description: `\`${name}\`: ${effect}`, examples: [example, OFF] })
}

function text() {
  return z.string().max(4096).regex(FIELD_VALUE, VALUE_MESSAGE)
}

const headers = z
  .strictObject({
    content_security_policy: header(
      'content-security-policy',
      'what a page may load. A reply of an API is no page, so nothing, and no frame may hold it.',
      "default-src 'self'",
    ),
    strict_transport_security: header(
      'strict-transport-security',
      'for how long browsers come by HTTPS only.',
      'max-age=63072000; includeSubDomains; preload',
      z.string().regex(HSTS, 'write max-age=SECONDS, then includeSubDomains and preload if wanted, or off'),
    ),
    frame_options: header(
      'x-frame-options',
      'whether a frame may hold the reply.',
      'SAMEORIGIN',
      z.enum(['DENY', 'SAMEORIGIN']),
    ),
    referrer_policy: header(
      'referrer-policy',
      'how much of the address is told to the next page.',
      'same-origin',
      z.enum(REFERRER_POLICIES),
    ),
    cross_origin_resource_policy: header(
      'cross-origin-resource-policy',
      'who may load the reply without CORS, as an image or a script. Fetches with CORS are not touched by it.',
      'cross-origin',
      z.enum(['same-origin', 'same-site', 'cross-origin']),
    ),
    cross_origin_opener_policy: header(
      'cross-origin-opener-policy',
      'whether windows of other origins share a process with it.',
      'same-origin-allow-popups',
      z.enum(['same-origin', 'same-origin-allow-popups', 'noopener-allow-popups', 'unsafe-none']),
    ),
    cross_origin_embedder_policy: header(
      'cross-origin-embedder-policy',
      'what a page may embed. Not sent by default.',
      'require-corp',
      z.enum(['require-corp', 'credentialless', 'unsafe-none']),
    ),
    permissions_policy: header(
      'permissions-policy',
      'which features of the browser a page may use. Not sent by default.',
      'geolocation=(), camera=()',
    ),
    origin_agent_cluster: header(
      'origin-agent-cluster',
      'keeps origins apart in the browser.',
      '?1',
      z.enum(['?1', '?0']),
    ),
    content_type_options: header(
      'x-content-type-options',
      'no guessing of the media type.',
      'nosniff',
      z.literal('nosniff'),
    ),
    dns_prefetch_control: header(
      'x-dns-prefetch-control',
      'whether names of links are resolved ahead.',
      'on-demand',
    ),
    download_options: header('x-download-options', 'for Internet Explorer.', 'noopen', z.literal('noopen')),
    permitted_cross_domain_policies: header(
      'x-permitted-cross-domain-policies',
      'for Acrobat and Flash.',
      'master-only',
      z.enum(['none', 'master-only', 'by-content-type', 'all']),
    ),
    xss_protection: header(
      'x-xss-protection',
      'switches off a filter of old browsers that did harm.',
      '0',
      z.enum(['0', '1; mode=block']),
    ),
  })
  .meta({ description: 'Each header by its name, with its value or `off`.' })

export const guardSchema = z.union([z.literal(OFF), headers]).meta({
  description:
    'Security headers on every reply. The whole set is on without a word; `off` leaves them all to the API, and a single header that is `off` leaves that one to the API.',
  examples: [OFF, { content_security_policy: "default-src 'self'", frame_options: 'SAMEORIGIN' }],
})

export type GuardSettings = z.output<typeof guardSchema>
export type GuardHeaders = z.output<typeof headers>
