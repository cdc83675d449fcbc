import type { Checked } from '../config/checks/check-policy.ts'
import { docsOf } from '../config/checks/codes.ts'
import { formatProblem, type Problem, visible } from '../config/issues.ts'
import type { Drift } from '../import/drift.ts'
import { driftText } from './check-openapi.ts'
import type { Io } from './command.ts'
import { counted } from './counted.ts'

/** What a check has found, and how strict it is to be. */
export interface CheckResult extends Checked {
  readonly file: string
  readonly text: string
  /** Of the policy's own tests. */
  readonly failures: readonly string[]
  readonly isStrict: boolean
}

/** Whether the file can be used; with `--strict` it has no warnings either. */
export function isGood({ compiled, failures, isStrict, problems }: CheckResult): boolean {
  return compiled.policy !== null && failures.length === 0 && !(isStrict && countOf(problems, 'warning') > 0)
}

/** What `--json` prints. */
export function checkObject(result: CheckResult) {
  const { file, compiled, problems, silenced, failures } = result
  const withDocs = <P extends Problem>(problem: P) => ({ ...problem, docs: docsOf(problem.code) })
  return {
    file,
    good: isGood(result),
    hash: compiled.policy?.hash ?? null,
    routes: compiled.policy?.routes.length ?? null,
    problems: problems.map(withDocs),
    silenced: silenced.map(withDocs),
    test_failures: failures,
  }
}

/**
 * For people: each problem on a line, in a terminal with the line of the file; then what it comes to.
 * @param drift where the policy and the document of its API differ
 */
export function checkText(
  result: CheckResult,
  drift: readonly Drift[],
  { stdout }: Pick<Io, 'stdout'>,
): string {
  const { file, text, problems, failures } = result
  const lines = stdout.isTTY === true ? text.split(/\r?\n/) : []
  const told = problems.map((problem) => {
    return `${formatProblem(problem)}\n${problem.file === file ? frame(problem, lines) : ''}`
  })
  const failed = failures.map((failure) => `${failure}\n`)
  const differs = driftText(file, drift)
  return `${told.join('')}${failed.join('')}${differs}${outcome(result, drift.length)}\n`
}

function outcome(result: CheckResult, differences: number): string {
  const { file, compiled, problems, silenced, failures } = result
  const { policy, keys } = compiled
  if (policy === null || failures.length > 0) {
    return `${file} is refused: ${counted(countOf(problems, 'error') + failures.length, 'error')}`
  }
  const warnings = countOf(problems, 'warning')
  if (!isGood(result)) return `${file} has ${counted(warnings, 'warning')}, and --strict takes none`
  const parts = [
    counted(policy.routes.length, 'route'),
    counted(keys.byId.size, 'key'),
    `hash ${policy.hash}`,
  ]
  if (warnings > 0) parts.push(counted(warnings, 'warning'))
  if (silenced.length > 0) parts.push(`${silenced.length} silenced`)
  if (differences === 0) return `${file} is good: ${parts.join(', ')}`
  const differs = `${counted(differences, 'difference')} from the OpenAPI document`
  return `${file} has ${differs}; as a policy it is good: ${parts.join(', ')}`
}

function countOf(problems: readonly Problem[], severity: Problem['severity']): number {
  return problems.filter((problem) => problem.severity === severity).length
}

const MAX_WIDTH = 200
/** Lines that may hold a secret in plain text are not shown. */
const SECRET =
  /(?:token|hash|password|secret|api-?key|\bauthorization)\s*['"]?\s*:|\bsp_(?:live|test)_|:\/\/[^/\s]*@/i

/** The line and a caret below the place. */
function frame({ line, col }: Problem, lines: readonly string[]): string {
  const text = lines[line - 1] ?? ''
  if (text === '' || SECRET.test(text) || text.length > MAX_WIDTH) return ''
  const gutter = ` ${line} | `
  const shown = visible(text.replaceAll('\t', ' '), MAX_WIDTH * 2)
  return `${gutter}${shown}\n${' '.repeat(gutter.length + col - 1)}^\n`
}
