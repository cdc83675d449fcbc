import { availableParallelism } from 'node:os'
import { type Bar, type Row, verdict } from './stats.ts'

/** Something that was not measured: absent here, or broken, and then the run has failed. */
export interface Skipped {
  readonly id: string
  readonly why: string
  readonly kind: 'absent' | 'broken'
}

/** What one part of a run has found out. */
export interface Finding {
  readonly rows: readonly Row[]
  readonly bars: readonly Bar[]
  /** Measured, but held to no bar. */
  readonly notes: readonly string[]
  readonly skipped: readonly Skipped[]
}

/** All that a run has found out; `--json` prints it. */
export interface Result extends Finding {
  readonly date: string
  readonly node: string
  readonly cores: number
  readonly pinning: string
  readonly rounds: number
  readonly seconds: number
}

/** Read before the process is pinned: afterwards it sees one core. */
const cores = availableParallelism()

/** The finding together with where, when and how it was made. */
export function resultOf(
  how: { rounds: number; seconds: number; pinning: string },
  finding: Finding,
): Result {
  const date = new Date().toISOString().slice(0, 10)
  const { rounds, seconds, pinning } = how
  return { date, node: process.version, cores, pinning, rounds, seconds, ...finding }
}

/** Several parts of a run as one. */
export function joined(findings: readonly Finding[]): Finding {
  return {
    rows: findings.flatMap((finding) => finding.rows),
    bars: findings.flatMap((finding) => finding.bars),
    notes: findings.flatMap((finding) => finding.notes),
    skipped: findings.flatMap((finding) => finding.skipped),
  }
}

/** Nothing but a reason why a part was not measured. */
export function skippedPart(id: string, why: string, kind: Skipped['kind']): Finding {
  return { rows: [], bars: [], notes: [], skipped: [{ id, why, kind }] }
}

/** A broken bar, a broken contender and a failed request each fail the run; a missed aim does not. */
export function passed({ rows, bars, skipped }: Finding): boolean {
  return (
    bars.every((bar) => bar.kind === 'aim' || verdict(bar) !== 'broken') &&
    skipped.every(({ kind }) => kind === 'absent') &&
    rows.every((row) => row.failures === 0)
  )
}
