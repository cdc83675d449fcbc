import { type AuditRecord, type Basis, MAX_WHY, reportedCodes, trailWord } from '../core/audit.ts'
import type { TrailLine } from '../core/policy.ts'
import { asciiJson } from './ascii.ts'

/**
 * The line of one record: JSON in ASCII, ended by a line feed.
 * Written out by hand because it is on the path of every request; a test holds it to what JSON.parse gives back.
 */
export function auditLine(record: AuditRecord): string {
  return `{"type":"request","time":"${isoTime(record.atMs)}","id":${quoted(record.id)}${request(record)}${verdict(
    record,
  )}${reply(record)},"policy":${constant(record.policy)}}\n`
}

/** Told in the place of lines that had to be dropped, so that a gap is never silent. */
export function gapLine(dropped: number, atMs: number): string {
  return `{"type":"audit_gap","time":"${isoTime(atMs)}","dropped":${dropped}}\n`
}

/** The line of something that was done to the gate itself, not through it. */
export function eventLine(event: object): string {
  return `${asciiJson(JSON.stringify(event))}\n`
}

function request(record: AuditRecord): string {
  const { route, method, path, client, principal, basis } = record
  return `,"route":${constant(route)},"method":${constant(method)},"path":${nullable(path)},"client":${quoted(
    client,
  )}${basis === null ? '' : basisJson(basis)},"principal":${principalJson(principal)}`
}

/** Beside the host and the order only what is not the usual: most requests have no more. */
function basisJson(basis: Basis): string {
  const { host, seq, during } = basis
  const line = `,"host":${quoted(host)},"seq":${whole(seq)}${during > 0 ? `,"during":${whole(during)}` : ''}`
  return isUsual(basis) ? line : line + unusualJson(basis)
}

function isUsual({ waitedMs, peer, websocket, bodyBytes, origin, shown }: Basis): boolean {
  if (waitedMs > 0 || websocket || bodyBytes !== 0) return false
  return peer === null && origin === null && shown === null
}

function unusualJson({ waitedMs, peer, websocket, bodyBytes, origin, preflight, shown }: Basis): string {
  let line = ''
  if (waitedMs > 0) line += `,"waited_ms":${whole(waitedMs)}`
  if (peer !== null) line += `,"peer":${quoted(peer)}`
  if (websocket) line += ',"websocket":true'
  if (bodyBytes !== 0) line += `,"body_bytes":${bodyBytes === null ? 'null' : whole(bodyBytes)}`
  if (origin !== null) line += `,"origin":${quoted(origin)}`
  if (preflight !== null) {
    line += `,"preflight":{"method":${quoted(preflight.method)},"headers":${nullable(preflight.headers)}}`
  }
  return shown === null ? line : `${line},"shown":${quoted(shown)}`
}

function verdict(record: AuditRecord): string {
  const { outcome, code, why, warnings } = record
  const line = `,"outcome":"${outcome}","code":${code === null ? 'null' : `"${code}"`},"why":${
    why === null ? 'null' : quoted(why.slice(0, MAX_WHY))
  }${trailJson(record)}`
  return warnings.length === 0 ? line : `${line},"warnings":${list(warnings)}`
}

function reply(record: AuditRecord): string {
  const { upstreamMs, upstream, aborted } = record
  return `,"status":${whole(record.status)},"bytes_in":${whole(record.bytesIn)},"bytes_out":${whole(
    record.bytesOut,
  )},"duration_ms":${milliseconds(record.durationMs)},"gate_ms":${milliseconds(record.gateMs)},"upstream_ms":${
    upstreamMs === null ? 'null' : milliseconds(upstreamMs)
  },"upstream":${constant(upstream)},"retries":${whole(record.retries)},"aborted":${aborted}`
}

function principalJson(principal: AuditRecord['principal']): string {
  const known = principals.get(principal)
  if (known !== undefined) return known
  const { kind, subject, org, keyId, authenticator } = principal
  const json = `{"kind":"${kind}","subject":${nullIfEmpty(subject)},"org":${nullIfEmpty(org)},"key_id":${nullIfEmpty(
    keyId,
  )},"authenticator":${nullIfEmpty(authenticator)}}`
  principals.set(principal, json)
  return json
}

/** A principal of a key is one frozen object for all its requests, so its JSON is made once. */
const principals = new WeakMap<AuditRecord['principal'], string>()

/** The trail of most requests is the one of the request before on their route. */
interface KnownTrail {
  readonly trail: readonly TrailLine[]
  readonly authenticator: string
  readonly json: string
}

const knownTrails = new Map<string, KnownTrail>()

function trailJson({ route, outcome, trail, principal: { authenticator } }: AuditRecord): string {
  // A refusal brings lines of its own, and need not push out what the requests that pass have in common.
  if (route === null || outcome !== 'forward') return freshTrail(trail, authenticator)
  const known = knownTrails.get(route)
  if (known?.authenticator === authenticator && isSame(known.trail, trail)) return known.json
  const json = freshTrail(trail, authenticator)
  if (knownTrails.size >= MAX_CONSTANTS) knownTrails.clear()
  knownTrails.set(route, { trail, authenticator, json })
  return json
}

/** In what is written of them; a note is not. */
function isSame(a: readonly TrailLine[], b: readonly TrailLine[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) {
    const [one, other] = [a[i] as TrailLine, b[i] as TrailLine]
    if (one === other) continue
    if (one.check !== other.check || one.verdict !== other.verdict || one.code !== other.code) return false
  }
  return true
}

/** Joined, and not added up, so that it is one flat string. */
function freshTrail(trail: readonly TrailLine[], authenticator: string): string {
  const words = trail.map((line) => constant(trailWord(line, authenticator)))
  return [',"trail":[', words.join(), ']', reportedJson(trail)].join('')
}

function reportedJson(trail: readonly TrailLine[]): string {
  for (const line of trail) {
    if (line.verdict === 'report') return `,"reported":${list(reportedCodes(trail))}`
  }
  return ''
}

/** For words that come from the policy or from closed lists: few, and the same ones all the time. */
function constant(word: string | null): string {
  if (word === null) return 'null'
  const known = constants.get(word)
  if (known !== undefined) return known
  const json = quoted(word)
  // Methods are the client's words, so the table is bounded.
  if (constants.size < MAX_CONSTANTS && word.length <= MAX_CONSTANT_LENGTH) constants.set(word, json)
  return json
}

const MAX_CONSTANTS = 8192
const MAX_CONSTANT_LENGTH = 128
const constants = new Map<string, string>()

const PLAIN = /^[ !#-[\]-~]*$/

/** A JSON string in printable ASCII. */
function quoted(value: string): string {
  return PLAIN.test(value) ? `"${value}"` : asciiJson(JSON.stringify(value))
}

const nullable = (value: string | null): string => (value === null ? 'null' : quoted(value))
const nullIfEmpty = (value: string): string => (value === '' ? 'null' : quoted(value))
const list = (values: readonly string[]): string => `[${values.map(quoted).join(',')}]`

/** A count: never NaN, infinite or negative, which JSON cannot say or nobody means. */
const whole = (value: number): number =>
  value > 0 && value < Number.MAX_SAFE_INTEGER ? Math.trunc(value) : 0

const THOUSANDTHS = Array.from({ length: 1000 }, (_, i) => String(i).padStart(3, '0'))

/** Three decimals, put together from two integers: printing a fraction costs ten times as much. */
function milliseconds(value: number): string {
  const microseconds = whole(value * 1000)
  return `${Math.floor(microseconds / 1000)}.${THOUSANDTHS[microseconds % 1000]}`
}

let second = -1
let secondText = ''

function isoTime(atMs: number): string {
  const at = whole(atMs)
  const now = Math.floor(at / 1000)
  if (now !== second) {
    second = now
    secondText =
      now > MAX_SECOND
        ? new Date(0).toISOString().slice(0, 20)
        : new Date(now * 1000).toISOString().slice(0, -4)
  }
  return `${secondText}${THOUSANDTHS[at % 1000]}Z`
}

/** The last second that a Date can hold. */
const MAX_SECOND = 8_640_000_000_000
