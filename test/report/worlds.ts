import fc from 'fast-check'
import { KEY, KEYS, OTHER_KEY } from '../support/app.ts'

const SHOP = 'https://shop.example.com'
export const FILES = {
  './body.json': JSON.stringify({
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'integer' } },
  }),
}

/** What a route asks of its requests, as YAML; '' is nothing. */
export interface Asked {
  readonly cors: string
  readonly access: string
  readonly limits: string
  readonly auth: string
  readonly allow: string
  readonly validate: string
}

const oneOf = (...texts: string[]) => fc.constantFrom(...texts)

export const asked: fc.Arbitrary<Asked> = fc
  .record({
    cors: oneOf(
      '',
      `{ origins: ["${SHOP}"], credentials: true }`,
      '{ origins: ["*"] }',
      `{ origins: ["${SHOP}"], methods: [GET] }`,
    ),
    access: oneOf('', '', '{ deny: [192.0.2.1] }', '{ allow: [192.0.2.0/30] }'),
    limits: oneOf('', '[few]', '[few, each]', '[each]'),
    auth: oneOf('none', 'key', '[key, none]', 'key'),
    allow: oneOf('', '{ scopes: [orders.read] }', '{ orgs: [acme] }'),
    validate: oneOf(
      '',
      '{ max_body: 10B }',
      '{ query: { allowed: [x] } }',
      '{ max_body: 64B, body: ./body.json }',
      '{ max_body: 10B, body: ./body.json }',
    ),
  })
  // Nobody there has a key, so what counts by it would refuse the file.
  .map((one) => (one.auth === 'none' ? { ...one, allow: '', limits: one.limits === '' ? '' : '[few]' } : one))

const keysOf = (one: Asked): string =>
  Object.entries(one)
    .filter(([, text]) => text !== '')
    .map(([key, text]) => `\n    ${key}: ${text}`)
    .join('')

/** How the policy says that nothing of it is enforced, or not to all. */
export interface Saying {
  readonly top?: string
  readonly defaults?: string
  readonly route?: string
}

/** A policy with one route for GET and POST, and one for every method. */
export function policyOf(
  origin: string,
  routes: readonly (Asked | null)[],
  { top = '', defaults = '', route = '' }: Saying = {},
): string {
  const [few, all] = routes.map((one) => (one === null ? '\n    auth: none' : `${keysOf(one)}${route}`))
  return `version: 1
trust: [127.0.0.1]
upstreams: { api: { url: "${origin}", circuit: off, retry: off } }
limits: { few: { by: ip, rate: 2/day }, each: { by: key, rate: 1/day } }
${KEYS}${top}
defaults: { upstream: api, websocket: true${defaults} }
routes:
  - id: few
    match: { path: /few/*, methods: [GET, POST] }${few}
  - id: all
    match: { path: /all/* }
    limit_headers: both${all}
`
}

/** One request, byte for byte. */
export interface Sent {
  readonly bytes: string
  readonly client: string
}

const KEYS_SHOWN = ['', '', KEY, OTHER_KEY, 'nobody-knows-this-key-0123456789']
const BODIES = ['', '', '{"id":1}', '{"id":"1"}', '{"id":1,"more":"than ten bytes of body"}', 'x'.repeat(100)]

/** @param keys what may be shown */
export function requests(keys: readonly string[] = KEYS_SHOWN): fc.Arbitrary<Sent> {
  return fc
    .record({
      method: fc.constantFrom('GET', 'POST', 'OPTIONS', 'PUT'),
      path: fc.constantFrom(
        '/few/1',
        '/few/1?x=1',
        '/all/1',
        '/all/1?y=2',
        '/all/broken',
        '/all/%2F',
        '/nowhere',
      ),
      origin: fc.constantFrom('', SHOP, 'https://evil.example'),
      asksFor: fc.constantFrom('', 'GET', 'PUT', 'DELETE'),
      key: fc.constantFrom(...keys),
      body: fc.constantFrom(...BODIES),
      isChunked: fc.boolean(),
      isUpgrade: fc.constantFrom(false, false, false, false, true),
      client: fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.9', '198.51.100.7', '2001:db8::1'),
    })
    .map(({ client, ...parts }) => ({ client, bytes: bytesOf(client, parts) }))
}

interface Parts {
  readonly method: string
  readonly path: string
  readonly origin: string
  readonly asksFor: string
  readonly key: string
  readonly body: string
  readonly isChunked: boolean
  readonly isUpgrade: boolean
}

function bytesOf(client: string, parts: Parts): string {
  const { method, path, body, isChunked } = parts
  const isAsking = method === 'GET' && parts.isUpgrade
  const content = isAsking || method === 'OPTIONS' ? '' : body
  const fields = [
    'Host: a',
    `X-Forwarded-For: ${client}`,
    ...shown(parts),
    ...(isAsking ? UPGRADE : []),
    ...(content === '' ? [] : framing(content, isChunked)),
  ]
  return `${method} ${path} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n${isChunked ? chunked(content) : content}`
}

const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

function shown({ method, origin, asksFor, key }: Parts): string[] {
  const isPreflight = method === 'OPTIONS' && asksFor !== ''
  return [
    ...(origin === '' ? [] : [`Origin: ${origin}`]),
    ...(isPreflight ? [`Access-Control-Request-Method: ${asksFor}`] : []),
    ...(key === '' ? [] : [`X-Api-Key: ${key}`]),
  ]
}

const framing = (content: string, isChunked: boolean): string[] => [
  'Content-Type: application/json',
  isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${content.length}`,
]

const chunked = (content: string): string =>
  content === '' ? '' : `${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`

const sayings: readonly Saying[] = [
  { top: 'mode: report' },
  { top: 'mode: report', route: '\n    enforce: 100%' },
  { defaults: ', mode: report' },
  { route: '\n    mode: report' },
  { route: '\n    enforce: 0%' },
  {
    defaults:
      ', mode: { cors: report, access: report, limits: report, auth: report, allow: report, validate: report }',
  },
]

/** Every way to say that all checks only report. */
export const saying: fc.Arbitrary<Saying> = fc.constantFrom(...sayings)
