import { stringify } from 'yaml'
import type { Setting } from './contenders/contender.ts'
import { demoKey } from './demo-key.ts'
import { origin } from './workload.ts'

export interface PolicySize {
  readonly keys: number
  readonly routes: number
}

/** So high that nothing is refused: what is timed is the counting. */
const rate = '100000000/minute'

/** The policy behind the headline number: a handful of routes and keys, every check of the chain. */
export function ordinaryPolicy(setting: Setting): string {
  return policyText(setting, [...sizedRoutes(4), route('orders', '/api/orders/*')], 10)
}

/** How the one limit of a policy is counted. */
export interface Counting {
  readonly windows: 1 | 3
  /** null: in memory. */
  readonly redisPort: number | null
  readonly accuracy: 'exact' | 'leased'
}

/** One route and one limit by address: what differs is where and how it is counted. */
export function limitPolicy(setting: Setting, { windows, redisPort, accuracy }: Counting): string {
  const shared = redisPort === null ? {} : { redis: { url: `redis://127.0.0.1:${redisPort}` } }
  const leased = redisPort === null ? {} : { accuracy }
  const more = windows === 1 ? {} : { burst: '90000000/second', quota: '900000000/day' }
  return stringify({
    ...frame(setting),
    ...shared,
    limits: { by_ip: { by: 'ip', rate, ...more, ...leased } },
    defaults: { auth: ['key'], limits: ['by_ip'], upstream: 'demo' },
    keys: [keyEntry(0)],
    routes: [route('orders', '/api/orders/*')],
  })
}

/** The file beside a sized policy that holds its keys, as YAML would be too large for them. */
export const keyFile = 'keys.jsonl'

/** A policy whose keys are in `keyFile`. */
export function sizedPolicy(setting: Setting, routes: number): string {
  return stringify({ ...frame(setting), key_files: [`./${keyFile}`], routes: sizedRoutes(routes) })
}

/** What belongs into `keyFile`. */
export function keyLines(count: number): string {
  return Array.from({ length: count }, (_, i) => `${JSON.stringify(keyEntry(i))}\n`).join('')
}

/** A path of the nth route of a sized policy. */
export function sizedPath(number: number): string {
  return `/api/resource-${number}/items/42`
}

function sizedRoutes(count: number) {
  return Array.from({ length: count }, (_, i) => route(`resource-${i}`, `/api/resource-${i}/items/*`))
}

function route(id: string, path: string) {
  return {
    id,
    match: { path, methods: ['GET', 'POST'] },
    allow: { scopes: ['orders.read'] },
    cors: { origins: [origin], credentials: true },
  }
}

function keyEntry(number: number) {
  const { id, hash } = demoKey(number)
  return { id, hash, org: 'acme', scopes: ['orders.read'] }
}

function policyText(setting: Setting, routes: readonly unknown[], keys: number): string {
  const head = stringify({ ...frame(setting), routes })
  const entries = Array.from({ length: keys }, (_, i) => `  - ${JSON.stringify(keyEntry(i))}\n`)
  return `${head}keys:\n${entries.join('')}`
}

function frame({ dir, port, opsPort, upstreamPort }: Setting) {
  return {
    version: 1,
    listen: `127.0.0.1:${port}`,
    ops: `127.0.0.1:${opsPort}`,
    audit: { sinks: [{ type: 'file', path: `${dir}/audit.jsonl` }], durability: 'after_reply' },
    upstreams: {
      demo: {
        url: `http://127.0.0.1:${upstreamPort}`,
        timeout: { connect: '1s', response: '15s', idle: '60s' },
        circuit: { error_rate: '50%', window: '10s', min_requests: 20, open_for: '30s' },
      },
    },
    limits: { by_ip: { by: 'ip', rate }, by_key: { by: 'key', rate } },
    defaults: { auth: ['key'], limits: ['by_ip', 'by_key'], upstream: 'demo' },
  }
}
