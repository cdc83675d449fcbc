import type { Code } from './codes.ts'
import type { TrailLine } from './policy.ts'
import type { Principal } from './principal.ts'

/** `malformed`: refused at the front door, before anything could be decided. */
export type AuditOutcome = 'forward' | 'refuse' | 'answer' | 'malformed'

/**
 * What a decision was made of, beside what every record tells: with it the decision can be made again. It holds no
 * credential and no query; of header values only those of a cross-origin request, which are no secrets.
 */
export interface Basis {
  /** Lower case, without port. */
  readonly host: string
  /** Number of the decision among those of this process, from 1: of several in one millisecond it tells the order. */
  readonly seq: number
  /** Decisions on others that were made while this request was under way. */
  readonly during: number
  /** Milliseconds from the request line to the decision, during which the request waited for its turn. */
  readonly waitedMs: number
  /** The address of the socket's other end where that is not the client: a trusted proxy. */
  readonly peer: string | null
  readonly websocket: boolean
  /** Declared body length: 0 none, null not declared (chunked). */
  readonly bodyBytes: number | null
  readonly origin: string | null
  readonly preflight: Preflight | null
  /** The credential of a request whose principal is anonymous; null: it showed none. */
  readonly shown: ShownCredential | null
}

/** What a preflight asks about. */
export interface Preflight {
  readonly method: string
  /** null: it names none. */
  readonly headers: string | null
}

/**
 * What was shown by who did not become a principal: one that nobody knows, several, one at which nobody looked, or
 * `authenticator:id` of a key that is known and was refused.
 */
export type ShownCredential = 'unknown' | 'ambiguous' | 'unread' | `${string}:${string}`

/**
 * What is told of one request, once, after its reply: for the audit trail and the metrics alike. It holds no credential
 * and no query.
 */
export interface AuditRecord {
  /** 32 hex digits. */
  readonly id: string
  /** Epoch milliseconds at which the request line was read. */
  readonly atMs: number
  /** null when no route was found. */
  readonly route: string | null
  /** null when the request line could not be read. */
  readonly method: string | null
  /** Canonical, without the query; null when it never became one. */
  readonly path: string | null
  readonly client: string
  readonly principal: Pick<Principal, 'kind' | 'subject' | 'org' | 'keyId' | 'authenticator'>
  readonly outcome: AuditOutcome
  /** Why Sallyport answered itself, the upstream's failures included; null otherwise. */
  readonly code: Code | null
  /** For the operator, never for the client; cut to `MAX_WHY` characters when written. */
  readonly why: string | null
  readonly trail: readonly TrailLine[]
  /** `name:percent` of each share of a quota that this request crossed. */
  readonly warnings: readonly string[]
  /** 0 when no reply could be sent. */
  readonly status: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly durationMs: number
  /** Time that the gate added before the upstream was asked. */
  readonly gateMs: number
  /** From asking the upstream to the first byte of its reply; null when it was not asked or gave none. */
  readonly upstreamMs: number | null
  readonly upstream: string | null
  /** Tries after the first. */
  readonly retries: number
  /** The client left before the reply was complete. */
  readonly aborted: boolean
  /** Hash of the policy that decided. */
  readonly policy: string
  /** null: nothing was decided. */
  readonly basis: Basis | null
}

/** Where records go. It returns at once and never throws. */
export interface Audit {
  record(record: AuditRecord): void
}

export const MAX_WHY = 200

/** The line of a trail as one word: `cors`, `auth:key`, `limit!rate_limited` refused, `limit?rate_limited` let through. */
export function trailWord(line: TrailLine, authenticator: string): string {
  switch (line.verdict) {
    case 'pass':
      return line.check === 'auth' && authenticator !== '' ? `auth:${authenticator}` : line.check
    case 'skip':
      return `${line.check}~`
    case 'answer':
      return `${line.check}=`
    case 'refuse':
      return `${line.check}!${line.code ?? ''}`
    case 'report':
      return `${line.check}?${line.code ?? ''}`
  }
}

/** The codes that report mode let through, in order. */
export function reportedCodes(trail: readonly TrailLine[]): readonly Code[] {
  return trail.flatMap((line) => (line.verdict === 'report' && line.code !== undefined ? [line.code] : []))
}
