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
