import { hashKey } from '../../src/policies/key/format.ts'

export const KEYS = ['acme', 'beta', 'cara', 'dora'].map((id) => ({ id, text: `a-key-of-${id}-0123456789` }))
export const OLD = 'a-key-that-has-expired-0123'
export const GONE = 'a-key-that-was-revoked-0123'
export const NARROW = 'a-key-for-one-route-0123456'
export const UNKNOWN = 'a-key-that-nobody-has-01234'

const keyLine = (id: string, text: string, more: string): string =>
  `  - { id: ${id}, hash: "sha256:${hashKey(text)}", ${more} }`

/** Every check, limits that run out within seconds, and every way to be somebody. */
export const policyFor = (origin: string, audit: string): string => `version: 1
listen: 127.0.0.1:0
ops: 127.0.0.1:0
trust: [127.0.0.1]
hosts: [api.example.com, "*.shop.example.com"]
audit: { sinks: [{ type: file, path: ${audit} }] }
upstreams: { api: { url: ${origin}, retry: { attempts: 1 } } }
authenticators:
  key: { type: api_key, in: ["header:x-api-key", bearer] }
  link: { type: api_key, in: ["query:token"] }
keys:
${KEYS.map(({ id, text }) => keyLine(id, text, `org: org-${id.charCodeAt(0) % 2}, scopes: [read]`)).join('\n')}
${keyLine('old', OLD, 'expires: 2020-01-01')}
${keyLine('gone', GONE, 'revoked: true')}
${keyLine('narrow', NARROW, 'routes: [orders], limits: [tiny]')}
limits:
  address: { by: ip, rate: 600/minute, burst: 12/second }
  each: { by: key, rate: 20/second, cooldown: { after: 8, within: 1s, for: 1s } }
  tiny: { by: key, rate: 3/second }
  org: { by: org, quota: 60/day }
  both: { by: [key, route], quota: 15/day }
  few: { by: key, concurrent: 2, rate: 500/second }
  all: { by: global, rate: 400/second }
defaults: { upstream: api, auth: [key], limits: [each, org] }
routes:
  - { id: open, match: { path: /open/* }, auth: none, limits: [address] }
  - { id: mixed, match: { path: /mixed }, auth: [key, none], limits: [address, each] }
  - id: orders
    match: { path: /orders/*, methods: [GET, POST] }
    allow: { scopes: [read] }
    limits: [each, both]
    cors: { origins: [https://shop.example.com, "https://*.example.org"], headers: [x-api-key] }
  - { id: admin, match: { path: /admin, methods: [GET, DELETE] }, allow: { scopes: [admin] }, limits: [all] }
  - { id: slow, match: { path: /slow }, auth: [key, link], limits: [few] }
  - { id: inside, match: { path: /inside }, auth: none, limits: [all], access: { allow: [10.0.0.0/30] } }
  - { id: small, match: { path: /small, methods: [POST] }, validate: { max_body: 8B } }
  - id: strict
    match: { path: /strict, methods: [POST, PUT] }
    auth: [link, none]
    limits: [address]
    validate: { body: ./body.json, max_body: 64B, query: { allowed: [page] } }
  - { id: tried, match: { path: /tried }, mode: report, allow: { scopes: [admin] }, limits: [tiny] }
  - { id: socket, match: { path: /socket }, auth: none, limits: [all], websocket: true, cors: { origins: [https://shop.example.com] } }
  - { id: shop, match: { path: /open/*, hosts: ["*.shop.example.com"] }, limits: [tiny] }
`

export const FILES = { 'body.json': '{"type":"object","required":["a"]}' }
