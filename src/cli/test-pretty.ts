import type { Difference } from '../cases/compare.ts'
import type { Coverage } from '../cases/coverage.ts'
import type { Report, Result } from '../cases/run.ts'
import { visible } from '../config/issues.ts'
import { tableOf } from './table.ts'
import { complaintsOf, isGood, type Outcome, totalsOf } from './test-outcome.ts'

export interface Look {
  readonly colour: boolean
  /** Show each thing that can be covered. */
  readonly coverage: boolean
  /** Only what fails. */
  readonly quiet: boolean
}

const MAX_TEXT = 300
const MS_PER_S = 1000
const RED = 31
const GREEN = 32
const DIM = 2

/** For people: each case by its route, what differs, and the totals. */
export function prettyText(outcomes: readonly Outcome[], look: Look): string {
  return outcomes.map((outcome) => fileText(outcome, look)).join('\n')
}

function fileText(outcome: Outcome, look: Look): string {
  const { report, errors } = outcome
  if (report === null) {
    const lines = [...errors, painted(look, RED, `${shown(outcome.file)} is refused`)]
    return `${lines.join('\n')}\n`
  }
  const parts = [...groupsOf(report).map(([route, results]) => groupText(route, results, look))]
  if (look.coverage) parts.push(tableOf(coverageRows(report.coverage)))
  parts.push(summary(outcome, look))
  return parts.filter((part) => part !== '').join('\n')
}

const NO_ROUTE = '(no route)'

/** In the order in which the routes come first. */
function groupsOf({ results }: Report): [string, Result[]][] {
  return [...Map.groupBy(results, ({ route }) => route ?? NO_ROUTE)]
}

function groupText(route: string, results: readonly Result[], look: Look): string {
  const told = results.filter(({ passed }) => !(look.quiet && passed))
  if (told.length === 0) return ''
  return `${shown(route)}\n${told.map((result) => caseText(result, look)).join('')}`
}

function caseText({ name, passed, line, differences, why }: Result, look: Look): string {
  if (passed) return `  ${painted(look, GREEN, '✓')} ${shown(name)}\n`
  const place = painted(look, DIM, `line ${line}`)
  const lines = [`  ${painted(look, RED, '✗')} ${shown(name)}  ${place}`]
  for (const one of differences) lines.push(...differenceLines(one, look))
  if (why !== null) lines.push(painted(look, DIM, `      the gate says: ${shown(why)}`))
  return `${lines.join('\n')}\n`
}

function differenceLines({ what, expected, actual }: Difference, look: Look): string[] {
  return [
    `      ${shown(what)}`,
    painted(look, GREEN, `        - ${shown(expected)}`),
    painted(look, RED, `        + ${shown(actual)}`),
  ]
}

function coverageRows({ items }: Coverage): string[][] {
  const rows = items.map(({ kind, name, covered }) => [kind, name, covered ? 'yes' : 'no'])
  return [['WHAT', 'NAME', 'COVERED'], ...rows]
}

function summary(outcome: Outcome, look: Look): string {
  const { report } = outcome
  const { passed, failed, durationMs } = totalsOf(report)
  const took = `${(durationMs / MS_PER_S).toFixed(2)} s`
  const lines = [
    ...(report === null ? [] : uncovered(report.coverage, outcome, look)),
    ...complaintsOf(outcome).map((complaint) => painted(look, RED, shown(complaint))),
    failed === 0 ? '' : painted(look, DIM, '- expected  + actual'),
    painted(
      look,
      isGood(outcome) ? GREEN : RED,
      `${shown(outcome.file)}: ${passed} passed, ${failed} failed, ${report?.coverage.percent ?? 0} % covered, ${took}`,
    ),
  ]
  return `${lines.filter((line) => line !== '').join('\n')}\n`
}

/** What no case asserts, and how one would: where somebody asks for it. */
function uncovered({ items }: Coverage, { wanted }: Outcome, look: Look): string[] {
  if (wanted === null && !look.coverage) return []
  return items
    .filter(({ covered }) => !covered)
    .map(({ kind, name, hint }) => `not covered: ${kind} ${shown(name)}, by a case with ${shown(hint)}`)
}

function painted({ colour }: Look, code: number, text: string): string {
  return colour ? `\u001b[${code}m${text}\u001b[0m` : text
}

function shown(text: string): string {
  return visible(text, MAX_TEXT)
}
