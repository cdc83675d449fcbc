import { auditLine } from '../../src/adapters/audit-line.ts'
import { compile } from '../../src/config/compile.ts'
import { formatProblem } from '../../src/config/issues.ts'
import type { AuditRecord, Basis } from '../../src/core/audit.ts'
import { ANONYMOUS } from '../../src/core/principal.ts'
import { type ReadLine, readLine } from '../../src/replay/line.ts'
import { BASIS, forwarded } from '../adapters/audit-records.ts'

const POLICY = `version: 1
upstreams: { api: { url: http://127.0.0.1:1 } }
keys:
  - { id: acme-prod, hash: "sha256:${'0'.repeat(64)}", org: acme, scopes: [read] }
  - { id: beta-prod, hash: "sha256:${'1'.repeat(64)}", org: beta }
defaults: { upstream: api, auth: [key] }
`

/** The policy with these routes, and what else its file says. */
export function policyOf(routes: string, more = '') {
  const text = `${POLICY}${more}\nroutes:\n${routes}`
  const readText = (): string => '{"type":"object"}'
  const compiled = compile(text, { file: 'p.yaml', readText, env: {}, nowMs: 0 })
  if (compiled.policy === null) throw new Error(compiled.problems.map(formatProblem).join('\n'))
  return compiled
}

export interface Changes extends Partial<Omit<AuditRecord, 'basis' | 'trail'>> {
  readonly basis?: Partial<Basis> | null
  /** As words: `auth!key_missing`. */
  readonly trail?: readonly string[]
}

let seq = 0

/** A line of a request: by default of acme-prod, let through. */
export function lineOf({ basis, trail, ...changes }: Changes = {}): ReadLine {
  seq += 1
  const told = basis === null ? null : { ...BASIS, seq, ...basis }
  const id = seq.toString(16).padStart(32, '0')
  const fields = JSON.parse(auditLine({ ...forwarded, id, ...changes, basis: told }))
  return readLine(JSON.stringify(trail === undefined ? fields : { ...fields, trail }))
}

export const refusedLine = (code: AuditRecord['code'], check: string, changes: Changes = {}): ReadLine =>
  lineOf({ outcome: 'refuse', code, principal: ANONYMOUS, trail: [`${check}!${code}`], ...changes })

export async function* each(lines: readonly ReadLine[]) {
  yield* lines
}
