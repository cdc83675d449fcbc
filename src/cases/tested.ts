import { dirname, join, relative, resolve } from 'node:path'
import { formatProblem, visible } from '../config/issues.ts'
import { type Loading, loadPolicy } from '../runtime/load.ts'
import { readSuite } from './read.ts'
import { type Report, type Result, runSuite } from './run.ts'
import type { GoodPolicy, Suite } from './suite.ts'

/** The tests that a policy asks for, read and ready to be run. */
export interface Tests {
  /** Why they cannot be run, each as `file:line:col: message`. */
  readonly errors: readonly string[]
  readonly files: readonly string[]
  /** @returns what has failed, each as `file:line:col: message` */
  readonly verify: () => Promise<readonly string[]>
}

const MAX_TOLD = 20
const MAX_TEXT = 300

/** Reads a policy file and the tests that it asks for; `verify` of what comes back runs them. */
export function loadTested(file: string, env: NodeJS.ProcessEnv, nowMs: number): Loading {
  const loading = loadPolicy(file, env, nowMs)
  const tests = loading.compiled === null ? null : testsOf(file, loading.compiled, env, nowMs)
  if (tests === null) return loading
  const files = [...new Set([...loading.files, ...tests.files])]
  if (tests.errors.length > 0) return { ...loading, compiled: null, errors: tests.errors, files }
  return { ...loading, files, verify: tests.verify }
}

/** @returns null when the policy asks for no tests */
export function testsOf(
  policyFile: string,
  compiled: GoodPolicy,
  env: Readonly<Record<string, string | undefined>>,
  nowMs: number,
): Tests | null {
  const { tests } = compiled.settings
  if (tests === null || !tests.onReload) return null
  const file = join(dirname(policyFile), tests.file)
  const { suite, errors, files } = readSuite(file, env, nowMs)
  if (suite === null) return { errors, files, verify: async () => errors }
  const mistake = mistakeOf(suite, policyFile, compiled)
  if (mistake !== null) return { errors: [mistake], files, verify: async () => [mistake] }
  return { errors: [], files, verify: async () => failuresOf(await runSuite(suite, { nowMs }), suite) }
}

/** The tests must be about what is to take effect: this policy, and the text of it that was read. */
function mistakeOf({ file, policyFile, compiled }: Suite, wanted: string, read: GoodPolicy): string | null {
  if (resolve(policyFile) !== resolve(wanted)) {
    return `${file}:1:1: these are tests of ${relative('.', policyFile)}, not of ${wanted}`
  }
  if (compiled.policy.hash === read.policy.hash) return null
  return `${wanted}:1:1: the file has changed while it was read`
}

/** Why a report is no pass; nothing when it is one. */
function failuresOf(report: Report, { file, coverage }: Suite): readonly string[] {
  const failed = report.results.filter(({ passed }) => !passed)
  const told = failed.slice(0, MAX_TOLD).map((result) => failureOf(result, file))
  if (failed.length > MAX_TOLD) told.push(`${file}:1:1: and ${failed.length - MAX_TOLD} more tests fail`)
  if (report.notRun > 0) told.push(`${file}:1:1: ${report.notRun} tests were not run: the time was up`)
  const missing = shortfall(report, coverage)
  return missing === null ? told : [...told, `${file}:1:1: ${missing}`]
}

function failureOf({ name, line, col, differences }: Result, file: string): string {
  const what = differences.map((one) => `${one.what} is ${cut(one.actual)} instead of ${cut(one.expected)}`)
  const message = `the test "${name}" fails: ${what.join('; ')}`
  return formatProblem({ file, line, col, message: cut(message), severity: 'error' })
}

/** What the cases leave uncovered, in words; null when it is no more than they may. */
export function shortfall({ coverage }: Pick<Report, 'coverage'>, wanted: number | null): string | null {
  if (wanted === null || coverage.percent >= wanted) return null
  const missing = coverage.items.filter(({ covered }) => !covered).map(({ kind, name }) => `${kind} ${name}`)
  const names = missing.slice(0, MAX_TOLD).join(', ')
  return `the tests cover ${coverage.percent} %, ${wanted} % are asked for; missing: ${cut(names)}`
}

function cut(text: string): string {
  return visible(text, MAX_TEXT)
}
