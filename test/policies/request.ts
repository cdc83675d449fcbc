import type { Facts } from '../../src/core/facts.ts'
import type { Context, Route } from '../../src/core/policy.ts'
import type { Ports } from '../../src/core/ports.ts'
import { ANONYMOUS, type Principal } from '../../src/core/principal.ts'
import type { Verdict } from '../../src/core/verdict.ts'
import type { Authenticator } from '../../src/policies/auth/authenticator.ts'
import type { Part, RouteEnv } from '../../src/policies/define.ts'
import type { FrontSlot } from '../../src/policies/order.ts'

/** Facts of a GET without a body; `fields` make the look-up too. */
export function factsWith(parts: Partial<Facts> = {}): Facts {
  const fields = parts.fields ?? []
  return {
    id: '0'.repeat(32),
    traceparent: '',
    atMs: 0,
    method: 'GET',
    scheme: 'http',
    host: 'api.example.com',
    authority: 'api.example.com',
    clientAuthority: 'api.example.com',
    path: '/orders',
    query: '',
    encodedSlash: false,
    fields,
    headers: lookUp(fields),
    client: '192.0.2.1',
    peer: '192.0.2.1',
    peerTrusted: false,
    bodyBytes: 0,
    websocket: false,
    ...parts,
  }
}

function lookUp(fields: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null)
  for (let i = 0; i < fields.length; i += 2) {
    const name = String(fields[i]).toLowerCase()
    const value = String(fields[i + 1])
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return headers
}

export const ROUTE: Route = {
  id: 'orders',
  pattern: '/orders',
  methods: ['GET'],
  checks: [],
  upstream: {
    name: 'legacy',
    origins: ['http://127.0.0.1:1'],
    basePath: '',
    preserveHost: true,
    timeout: { connectMs: 1000, responseMs: 1000, idleMs: 1000 },
    tls: { verify: true, ca: null, serverName: null },
    circuit: null,
    retry: { attempts: 1, budgetPercent: 0 },
  },
  mode: 'enforce',
  reporting: null,
  websocket: false,
  encodedSlash: false,
  stripPrefix: '',
  request: { drop: new Set(), set: [], host: null, dropQuery: [] },
  reply: { drop: new Set(), set: [] },
  decisionFields: [],
}

export function contextWith(
  facts: Partial<Facts>,
  principal: Principal = ANONYMOUS,
  route: Route = ROUTE,
): Context {
  return { facts: factsWith(facts), route, principal, charged: [] }
}

/** Ports that fail when they are used, but for those that are given. */
export function portsWith(
  parts: { nowMs?: number; body?: (maxBytes: number) => Uint8Array | null } = {},
): Ports {
  return {
    clock: { nowMs: () => parts.nowMs ?? 0 },
    counters: {
      charge: () => {
        throw new Error('charged')
      },
      refund: () => {
        throw new Error('refunded')
      },
      release: () => {
        throw new Error('released')
      },
    },
    body: {
      read: async (maxBytes) => {
        if (parts.body === undefined) throw new Error('the body was read')
        return parts.body(maxBytes)
      },
    },
  }
}

export type Problem = { readonly path: readonly (string | number)[]; readonly message: string }

/** An env that collects problems. */
export function envWith(parts: Partial<RouteEnv> = {}): RouteEnv & { readonly problems: Problem[] } {
  const problems: Problem[] = []
  return {
    methods: ['GET', 'HEAD', 'POST'],
    limits: new Map(),
    limitHeaders: 'ietf',
    cost: 1,
    authenticators: new Map<string, Authenticator>(),
    identity: {
      subject: 'x-sallyport-subject',
      org: 'x-sallyport-org',
      scopes: 'x-sallyport-scopes',
      roles: 'x-sallyport-roles',
      keyId: 'x-sallyport-key-id',
      auth: 'x-sallyport-auth',
    },
    forwardCredential: false,
    anonymousOnly: false,
    readText: (path) => {
      throw new Error(`no such file: ${path}`)
    },
    problem: (path, message) => problems.push({ path, message }),
    problems,
    ...parts,
  }
}

/** Runs the one check of a part, which must be in `slot`. */
export function runCheck(
  part: Part,
  slot: FrontSlot,
  context: Context,
  ports: Ports = portsWith(),
): Verdict | Promise<Verdict> {
  const [only, ...more] = part.checks ?? []
  if (only === undefined || more.length > 0 || only.slot !== slot) throw new Error(`not one check in ${slot}`)
  return only.check.run(context, ports)
}

/** Code of a refusal, otherwise the kind of the verdict. */
export function outcomeOf(verdict: Verdict): string {
  return verdict.kind === 'refuse' ? verdict.code : verdict.kind
}
