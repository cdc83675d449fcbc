import { hashKey, newKey } from '../../src/policies/key/format.ts'

/** Keys of this policy, the same in each run: worthless anywhere else. */
export const KEYS = {
  attacker: newKey((count) => new Uint8Array(count).fill(7)),
  victim: newKey((count) => new Uint8Array(count).fill(11)),
} as const

/** Path prefix below which a key is asked for. */
export const GUARDED = '/admin'

export const STRIPPED = '/api'

export const BODY_SCHEMA = JSON.stringify({
  type: 'object',
  required: ['amount'],
  properties: { amount: { type: 'integer' } },
})

/** One route for each feature that touches bytes. `calm` is the victim's way to the same connections. */
export function policyFor(origin: string, schemaFile: string): string {
  return `version: 1
listen: 127.0.0.1:0
ops: 127.0.0.1:0
server: { timeout: { headers: 3s, request: 20s, keep_alive: 20s, idle: 3s } }
drain: { delay: 0s, grace: 2s }
upstreams:
  api: { url: "${origin}", circuit: off, retry: off, timeout: { connect: 1s, response: 400ms, idle: 400ms } }
  calm:
    url: "${origin}"
    circuit: off
    retry: { attempts: 3, budget: 100% }
    timeout: { connect: 1s, response: 10s, idle: 10s }
keys:
  - { id: attacker, hash: "sha256:${hashKey(KEYS.attacker)}", subject: mallory, org: outside, scopes: [some] }
  - { id: victim, hash: "sha256:${hashKey(KEYS.victim)}", subject: alice, org: inside, scopes: [all] }
defaults: { upstream: api, auth: none }
routes:
  - { id: root, match: { path: / } }
  - { id: public, match: { path: /public/* } }
  - { id: admin-root, match: { path: ${GUARDED} }, auth: key }
  - { id: admin, match: { path: ${GUARDED}/* }, auth: key }
  - { id: mixed, match: { path: /mixed/* }, auth: [key, none] }
  - { id: orders, match: { path: /orders, methods: [POST, PUT] }, auth: key, validate: { max_body: 4KB, body: "${schemaFile}" } }
  - { id: upload, match: { path: /upload/* }, validate: { max_body: 16KB } }
  - { id: stripped, match: { path: ${STRIPPED}/v1/* }, strip_prefix: ${STRIPPED} }
  - { id: packages, match: { path: /packages/* }, path: { encoded_slash: allow } }
  - { id: socket, match: { path: /socket, methods: [GET] }, websocket: true }
  - { id: shop, match: { path: /shop/* }, cors: { origins: ["https://shop.example.com"] } }
  - { id: reply, match: { path: /reply/* } }
  - { id: victim, match: { path: /victim, methods: [GET] }, auth: key, upstream: calm }
`
}
