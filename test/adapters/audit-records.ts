import type { AuditRecord, Basis } from '../../src/core/audit.ts'

/** What an ordinary request itself adds to the decision on it; the rest is its place among the others. */
export const ORDINARY: Omit<Basis, 'seq' | 'during' | 'waitedMs'> = {
  host: 'api.example.com',
  peer: null,
  websocket: false,
  bodyBytes: 0,
  origin: null,
  preflight: null,
  shown: null,
}

/** What the decision on an ordinary request was made of. */
export const BASIS: Basis = { ...ORDINARY, seq: 7, during: 0, waitedMs: 0 }

/** An ordinary request that was let through. */
export const forwarded: AuditRecord = {
  id: '0123456789abcdef0123456789abcdef',
  atMs: Date.UTC(2026, 1, 3, 4, 5, 6, 78),
  route: 'orders',
  method: 'GET',
  path: '/api/orders/1',
  client: '192.0.2.7',
  principal: { kind: 'key', subject: 'acme-prod', org: 'acme', keyId: 'acme-prod', authenticator: 'key' },
  outcome: 'forward',
  code: null,
  why: null,
  trail: [
    { check: 'cors', verdict: 'pass' },
    { check: 'auth', verdict: 'pass' },
    { check: 'scopes', verdict: 'pass' },
  ],
  warnings: [],
  status: 200,
  bytesIn: 12,
  bytesOut: 361,
  durationMs: 2.5,
  gateMs: 0.125,
  upstreamMs: 1.75,
  upstream: 'legacy',
  retries: 0,
  aborted: false,
  policy: '0123456789abcdef',
  basis: BASIS,
}
