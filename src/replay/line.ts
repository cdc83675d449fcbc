import type { AuditOutcome, AuditRecord, Basis, Preflight, ShownCredential } from '../core/audit.ts'

/** A line of the audit that tells of a request; texts that the line says are null are '' in `principal`. */
export interface AuditLine
  extends Omit<AuditRecord, 'code' | 'trail' | 'upstreamMs' | 'basis' | 'warnings' | 'gateMs'> {
  /** Text, and not one of our codes: another version may have written the line. */
  readonly code: string | null
  /** As written: `cors`, `auth:key`, `limit!rate_limited`; see `trailWord`. */
  readonly trail: readonly string[]
  /** Codes of refusals that report mode let through. */
  readonly reported: readonly string[]
  /** null: nothing was decided, or the line is of a version that did not write it down. */
  readonly basis: Basis | null
}

/** What a line of an audit file turned out to be. `other`: a line that tells of something else than a request. */
export type ReadLine =
  | { readonly kind: 'request'; readonly line: AuditLine }
  | { readonly kind: 'gap'; readonly dropped: number }
  | { readonly kind: 'other' | 'broken' }

const OTHER: ReadLine = Object.freeze({ kind: 'other' })
const BROKEN: ReadLine = Object.freeze({ kind: 'broken' })

type Fields = Readonly<Record<string, unknown>>

/** Reads one line, whoever wrote it; never throws. */
export function readLine(text: string): ReadLine {
  const fields = parsed(text)
  if (fields === null) return BROKEN
  switch (fields.type) {
    case 'request': {
      const line = requestOf(fields)
      return line === null ? BROKEN : { kind: 'request', line }
    }
    case 'audit_gap':
      return { kind: 'gap', dropped: count(fields.dropped) }
    default:
      // Much JSON has a `type`; each line of ours has a time, too.
      return typeof fields.type === 'string' && typeof fields.time === 'string' ? OTHER : BROKEN
  }
}

/** A word of a trail, taken apart. */
export interface TrailWord {
  readonly check: string
  readonly verdict: 'pass' | 'skip' | 'answer' | 'refuse' | 'report'
  readonly code: string | null
}

const MARKS: ReadonlyMap<string, TrailWord['verdict']> = new Map([
  ['~', 'skip'],
  ['=', 'answer'],
  ['!', 'refuse'],
  ['?', 'report'],
  [':', 'pass'],
])
const WORD = /^([a-z_]+)(?:([~=!?:])(.*))?$/

/** @returns null when it is no such word */
export function readTrailWord(word: string): TrailWord | null {
  const [, check, mark, rest = ''] = WORD.exec(word) ?? []
  if (check === undefined) return null
  const verdict = mark === undefined ? 'pass' : (MARKS.get(mark) as TrailWord['verdict'])
  const hasCode = (verdict === 'refuse' || verdict === 'report') && rest !== ''
  return { check, verdict, code: hasCode ? rest : null }
}

function parsed(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : null
  } catch {
    return null
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const OUTCOMES: ReadonlySet<unknown> = new Set(['forward', 'refuse', 'answer', 'malformed'])

/** null: a line that nothing can be made of. What is merely absent is as if it had not been. */
function requestOf(fields: Fields): AuditLine | null {
  const { time, outcome } = fields
  const atMs = typeof time === 'string' ? Date.parse(time) : Number.NaN
  if (Number.isNaN(atMs) || !OUTCOMES.has(outcome) || typeof fields.id !== 'string') return null
  return {
    id: fields.id,
    atMs,
    route: textOrNull(fields.route),
    method: textOrNull(fields.method),
    path: textOrNull(fields.path),
    client: text(fields.client),
    principal: principalOf(fields.principal),
    outcome: outcome as AuditOutcome,
    code: textOrNull(fields.code),
    why: textOrNull(fields.why),
    trail: texts(fields.trail),
    reported: texts(fields.reported),
    status: count(fields.status),
    bytesIn: count(fields.bytes_in),
    bytesOut: count(fields.bytes_out),
    durationMs: count(fields.duration_ms),
    upstream: textOrNull(fields.upstream),
    retries: count(fields.retries),
    aborted: fields.aborted === true,
    policy: text(fields.policy),
    basis: basisOf(fields),
  }
}

const NOBODY: AuditLine['principal'] = Object.freeze({
  kind: 'anonymous',
  subject: '',
  org: '',
  keyId: '',
  authenticator: '',
})

function principalOf(value: unknown): AuditLine['principal'] {
  if (!isFields(value) || (value.kind !== 'key' && value.kind !== 'token')) return NOBODY
  return {
    kind: value.kind,
    subject: text(value.subject),
    org: text(value.org),
    keyId: text(value.key_id),
    authenticator: text(value.authenticator),
  }
}

/** Only what is not the usual is written, so an absent field tells something, when there is a `host`. */
function basisOf(fields: Fields): Basis | null {
  if (typeof fields.host !== 'string') return null
  return {
    host: fields.host,
    seq: count(fields.seq),
    during: count(fields.during),
    waitedMs: count(fields.waited_ms),
    peer: textOrNull(fields.peer),
    websocket: fields.websocket === true,
    bodyBytes: fields.body_bytes === null ? null : count(fields.body_bytes),
    origin: textOrNull(fields.origin),
    preflight: preflightOf(fields.preflight),
    shown: shownOf(fields.shown),
  }
}

function preflightOf(value: unknown): Preflight | null {
  return isFields(value) ? { method: text(value.method), headers: textOrNull(value.headers) } : null
}

const SHOWN = /^(?:unknown|ambiguous|unread|[a-z][a-z0-9_-]*:.+)$/

function shownOf(value: unknown): ShownCredential | null {
  return typeof value === 'string' && SHOWN.test(value) ? (value as ShownCredential) : null
}

const NO_TEXTS: readonly string[] = Object.freeze([])

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : NO_TEXTS

/** Never NaN, infinite or negative. */
const count = (value: unknown): number => (typeof value === 'number' && value > 0 && value < MAX ? value : 0)
const MAX = Number.MAX_SAFE_INTEGER
