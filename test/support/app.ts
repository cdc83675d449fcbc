import { EventEmitter, once } from 'node:events'
import type { Test } from 'tap'
import { type Back, createBack } from '../../src/adapters/back.ts'
import { ConcurrentCounters } from '../../src/adapters/counters/places.ts'
import { MemoryCounters } from '../../src/adapters/counters-memory.ts'
import { compile } from '../../src/config/compile.ts'
import { formatProblem } from '../../src/config/issues.ts'
import type { AuditRecord } from '../../src/core/audit.ts'
import type { Policy, Route } from '../../src/core/policy.ts'
import type { Counters } from '../../src/core/ports.ts'
import type { Send } from '../../src/core/upstream.ts'
import type { Bounds, Live } from '../../src/http/exchange.ts'
import { Gate, type Pressure } from '../../src/http/gate.ts'
import { createDataServer, type DataServer, type ServerSettings } from '../../src/http/server.ts'
import { hashKey } from '../../src/policies/key/format.ts'
import { RawClient } from './raw-client.ts'

export const KEY = 'demo-key-of-acme-0123456789'
export const OTHER_KEY = 'demo-key-of-other-0123456789'

/** Keys of two organisations, for policies of tests. */
export const KEYS = `keys:
  - { id: acme-prod, hash: "sha256:${hashKey(KEY)}", subject: ann, org: acme, scopes: [orders.read] }
  - { id: other-prod, hash: "sha256:${hashKey(OTHER_KEY)}", org: other }
`

export interface AppOptions {
  readonly bounds?: Partial<Bounds>
  readonly settings?: Partial<ServerSettings>
  /** Changes what the policy became, e.g. to break a check. */
  readonly change?: (policy: Policy) => Policy
  /** Stands in for the way to an upstream. */
  readonly send?: (route: Route, send: Send) => Send
  readonly counters?: Counters
  /** Files that the policy names, by path. */
  readonly files?: Readonly<Record<string, string>>
}

const BOUNDS: Bounds = { maxHeaders: 100, maxTargetBytes: 8192, idleMs: 60_000 }
const SETTINGS: ServerSettings = {
  maxConnections: 10_000,
  maxHeaderBytes: 16_384,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 300_000,
  keepAliveTimeoutMs: 72_000,
  idleTimeoutMs: 60_000,
}

/** The gate with everything behind it, in this process, and what it told of its requests. */
export interface App {
  readonly port: number
  readonly server: DataServer
  readonly gate: Gate
  readonly back: Back
  readonly records: AuditRecord[]
  /** Resolves when that many requests have been told of. */
  readonly recorded: (count: number) => Promise<readonly AuditRecord[]>
  readonly client: (options?: { allowHalfOpen?: boolean }) => RawClient
  readonly drain: () => void
  readonly press: (pressure: Pressure) => void
}

/** Starts the gate; the test's end stops it. @throws when the policy does not compile */
export async function startApp(t: Test, text: string, options: AppOptions = {}): Promise<App> {
  const live = liveOf(policyOf(text, options), options)
  const told = new EventEmitter().setMaxListeners(0)
  const records: AuditRecord[] = []
  const state: { isDraining: boolean; pressure: Pressure } = { isDraining: false, pressure: 'ok' }
  const gate = new Gate({
    live: () => live,
    clock: { nowMs: () => Date.now() },
    counters: options.counters ?? new ConcurrentCounters(new MemoryCounters()),
    bounds: { ...BOUNDS, ...options.bounds },
    record: (record) => {
      records.push(record)
      told.emit('record')
    },
    isDraining: () => state.isDraining,
    pressure: () => state.pressure,
  })
  const server = await createDataServer(gate, { ...SETTINGS, ...options.settings })
  const { port } = await server.listen('127.0.0.1', 0)
  const clients: RawClient[] = []
  t.teardown(async () => {
    for (const client of clients) client.leave()
    const stopped = server.stop()
    server.cut()
    await live.back.close()
    await stopped
  })
  return {
    port,
    server,
    gate,
    back: live.back,
    records,
    recorded: async (count) => {
      while (records.length < count) await once(told, 'record')
      return records
    },
    client: (clientOptions) => {
      const client = new RawClient(port, clientOptions)
      clients.push(client)
      return client
    },
    drain: () => {
      state.isDraining = true
    },
    press: (pressure) => {
      state.pressure = pressure
    },
  }
}

function policyOf(text: string, { change = (policy) => policy, files = {} }: AppOptions): Policy {
  const readText = (path: string): string => {
    const found = files[path]
    if (found === undefined) throw new Error(`no file ${path}`)
    return found
  }
  const compiled = compile(text, { file: 'policy.yaml', readText, env: {}, nowMs: Date.now() })
  if (compiled.policy === null) throw new Error(compiled.problems.map(formatProblem).join('\n'))
  return change(compiled.policy)
}

function liveOf(policy: Policy, { send = (_route, real) => real }: AppOptions): Live & { back: Back } {
  const back = createBack()
  const sends = new Map(policy.routes.map((route) => [route, send(route, back.send(route.upstream))]))
  const sendOf = (route: Route): Send => {
    const found = sends.get(route)
    if (found === undefined) throw new Error(`no way to ${route.upstream.name}`)
    return found
  }
  return { policy, sendOf, back }
}
