import type { Report } from '../cases/run.ts'
import { shortfall } from '../cases/tested.ts'
import { counted } from './counted.ts'

/** What came of one test file. */
export interface Outcome {
  readonly file: string
  /** Why it could not be run, each as `file:line:col: message`. */
  readonly errors: readonly string[]
  /** null: it could not be run. */
  readonly report: Report | null
  /** The share that must be covered, in percent; null: none. */
  readonly wanted: number | null
}

export interface Totals {
  readonly passed: number
  readonly failed: number
  readonly notRun: number
  readonly durationMs: number
}

export function totalsOf(report: Report | null): Totals {
  if (report === null) return { passed: 0, failed: 0, notRun: 0, durationMs: 0 }
  const { results, notRun, durationMs } = report
  const passed = results.filter((result) => result.passed).length
  return { passed, failed: results.length - passed, notRun, durationMs }
}

/** What is wrong with the run as a whole, in words. */
export function complaintsOf({ report, wanted }: Outcome): readonly string[] {
  if (report === null) return []
  const missing = shortfall(report, wanted)
  const late =
    report.notRun === 0
      ? []
      : [`${counted(report.notRun, 'case was', 'cases were')} not run: the time was up`]
  return missing === null ? late : [...late, missing]
}

export function isGood(outcome: Outcome): boolean {
  const { failed } = totalsOf(outcome.report)
  return outcome.report !== null && failed === 0 && complaintsOf(outcome).length === 0
}
