import type { AuditRecord } from '../core/audit.ts'
import type { TrailLine } from '../core/policy.ts'
import { type AuditLine, readTrailWord } from '../replay/line.ts'
import type { Check, Past } from './explanation.ts'
import { wordsOf } from './verdicts.ts'

type Common = Omit<AuditRecord, 'code' | 'trail' | 'upstreamMs' | 'warnings' | 'gateMs'>
type Rest = Pick<Past, 'code' | 'checks' | 'reported' | 'warnings' | 'upstream_ms'>

/** A decision of late, from what the process remembers of it. @param inForce hash of the policy in force */
export function pastOfRecord(record: AuditRecord, inForce: string): Past {
  return pastOf(record, inForce, {
    code: record.code,
    checks: record.trail.map(checkOf),
    reported: record.trail.flatMap(({ verdict, code }) =>
      verdict === 'report' && code !== undefined ? [code] : [],
    ),
    warnings: [...record.warnings],
    upstream_ms: record.upstreamMs,
  })
}

/** A decision from its line in an audit file: the words of the trail, and no more. @param inForce null: not known */
export function pastOfLine(line: AuditLine, inForce: string | null): Past {
  return pastOf(line, inForce, {
    code: line.code,
    checks: line.trail.map((word) => checkOfWord(word, line)),
    reported: [...line.reported],
    warnings: [],
    upstream_ms: null,
  })
}

function pastOf(known: Common, inForce: string | null, rest: Rest): Past {
  const { principal, basis, outcome } = known
  const { kind, subject, org, keyId, authenticator } = principal
  return {
    kind: 'decision',
    id: known.id,
    at: new Date(known.atMs).toISOString(),
    policy: known.policy,
    is_in_force: inForce === null ? null : inForce === known.policy,
    method: known.method,
    path: known.path,
    host: basis?.host ?? null,
    client: known.client,
    route: known.route,
    principal: { kind, subject, org, key_id: keyId, authenticator },
    outcome,
    status: known.status,
    ...wordsOf(rest.code),
    why: known.why,
    ...rest,
    upstream: known.upstream,
    duration_ms: known.durationMs,
    bytes_in: known.bytesIn,
    bytes_out: known.bytesOut,
    retries: known.retries,
    is_aborted: known.aborted,
  }
}

function checkOf({ check, verdict, code, note }: TrailLine): Check {
  return { check, verdict, code: code ?? null, note: note ?? null }
}

/** Of the check that refused the line tells why. */
function checkOfWord(word: string, { why, code, principal }: AuditLine): Check {
  const read = readTrailWord(word)
  if (read === null) return { check: word, verdict: 'pass', code: null, note: null }
  const { check, verdict } = read
  const isKnown = check === 'auth' && verdict === 'pass' && principal.keyId !== ''
  const note = isKnown ? `${principal.authenticator}: key ${principal.keyId}` : null
  const isCause = verdict === 'refuse' && read.code === code
  return { check, verdict, code: read.code, note: isCause ? why : note }
}
