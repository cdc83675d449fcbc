import { decide } from '../../src/core/decide.ts'
import type { Facts } from '../../src/core/facts.ts'
import type { Permit, Policy, Route, Upstream } from '../../src/core/policy.ts'
import type { Ports } from '../../src/core/ports.ts'

const FACTS: Facts = Object.freeze({
  id: '0123456789abcdef0123456789abcdef',
  atMs: 0,
  method: 'GET',
  scheme: 'http',
  host: 'api.example.com',
  authority: 'api.example.com',
  path: '/',
  query: '',
  encodedSlash: false,
  fields: [],
  headers: {},
  client: '192.0.2.1',
  peer: '192.0.2.1',
  peerTrusted: false,
  bodyBytes: 0,
  websocket: false,
  traceparent: '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01',
  clientAuthority: 'api.example.com',
})

const PORTS: Ports = {
  clock: { nowMs: () => 0 },
  counters: {
    charge: () => ({ refused: -1, cause: 'window', retryAfterMs: 0, states: [], warnings: [] }),
    refund: () => undefined,
    release: () => undefined,
  },
  body: { read: async () => new Uint8Array() },
}

/** A permit as the gate gets one: by a decision, here of a policy with one route and no checks. */
export async function permitFor(upstream: Upstream): Promise<Permit> {
  const drop: ReadonlySet<string> = new Set()
  const reply = { drop, set: [] }
  const route: Route = {
    id: 'all',
    pattern: '/*',
    methods: ['GET'],
    checks: [],
    upstream,
    mode: 'enforce',
    reporting: null,
    websocket: false,
    encodedSlash: false,
    stripPrefix: '',
    request: { drop, set: [], host: null, dropQuery: [] },
    reply,
    decisionFields: [],
  }
  const policy: Policy = {
    hash: '0123456789abcdef',
    routes: [route],
    find: () => route,
    trust: { ranges: [] },
    hosts: null,
    guardedNames: new Set(),
    onceNames: new Set(),
    credentialNames: new Set(),
    reply,
  }
  const { permit } = await decide(policy, FACTS, PORTS)
  if (permit === null) throw new Error('the decision gave no permit')
  return permit
}
