import { basename } from 'node:path'
import type { Result } from '../cases/run.ts'
import { visible } from '../config/issues.ts'
import { complaintsOf, isGood, type Outcome, totalsOf } from './test-outcome.ts'

const MAX_TEXT = 2000
const MS_PER_S = 1000
const NO_ROUTE = '(no route)'

/** One JSON object. */
export function jsonText(outcomes: readonly Outcome[]): string {
  const files = outcomes.map((outcome) => {
    const { file, errors, report, wanted } = outcome
    return {
      file,
      good: isGood(outcome),
      problems: [...errors, ...complaintsOf(outcome)],
      policy: report?.policyFile ?? null,
      ...totalsOf(report),
      coverage_wanted: wanted,
      coverage: report?.coverage ?? null,
      cases: report?.results ?? [],
    }
  })
  return `${JSON.stringify({ good: outcomes.every(isGood), files })}\n`
}

/** The XML that CI servers read: a suite for each file. */
export function junitText(outcomes: readonly Outcome[]): string {
  const suites = outcomes.map(suiteXml).join('')
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites}</testsuites>\n`
}

function suiteXml(outcome: Outcome): string {
  const { file, errors, report } = outcome
  const { passed, failed, durationMs } = totalsOf(report)
  const wrong = [...errors, ...complaintsOf(outcome)]
  const attributes = attributesOf({
    name: file,
    tests: `${passed + failed + wrong.length}`,
    failures: `${failed + wrong.length}`,
    time: seconds(durationMs),
  })
  const cases = (report?.results ?? []).map((result) => caseXml(result, file))
  const others = wrong.map((message) => {
    return `    <testcase${attributesOf({ classname: basename(file), name: file })}>${failureXml(message)}</testcase>\n`
  })
  return `  <testsuite${attributes}>\n${[...cases, ...others].join('')}  </testsuite>\n`
}

function caseXml(result: Result, file: string): string {
  const { name, route, passed, durationMs, line } = result
  const attributes = attributesOf({
    classname: route ?? NO_ROUTE,
    name,
    file,
    line: `${line}`,
    time: seconds(durationMs),
  })
  return passed
    ? `    <testcase${attributes}/>\n`
    : `    <testcase${attributes}>${failureXml(differenceText(result))}</testcase>\n`
}

function failureXml(message: string): string {
  return `<failure${attributesOf({ message })}/>`
}

function attributesOf(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join('')
}

const XML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Not even escaped: control characters, which `visible` shows, lone surrogates, and these two (XML 1.0 2.2, Char). */
const NO_XML = /[\ufffe\uffff]/g

function escapeXml(text: string): string {
  // A cut can part a pair of surrogates.
  const whole = visible(text, MAX_TEXT).toWellFormed()
  const allowed = whole.replace(NO_XML, (char) => `\\u{${char.charCodeAt(0).toString(16)}}`)
  return allowed.replace(/[&<>"]/g, (char) => XML[char] ?? char)
}

function differenceText({ differences, why }: Result): string {
  const what = differences.map(({ what, expected, actual }) => `${what}: expected ${expected}, got ${actual}`)
  return [...what, ...(why === null ? [] : [`the gate says: ${why}`])].join('; ')
}

function seconds(ms: number): string {
  return (ms / MS_PER_S).toFixed(3)
}

/** Commands of a GitHub workflow: a failure stands beside its line in a pull request. */
export function githubText(outcomes: readonly Outcome[]): string {
  const lines = outcomes.flatMap((outcome) => {
    const { file, errors, report } = outcome
    const failed = (report?.results ?? []).filter(({ passed }) => !passed)
    const { passed } = totalsOf(report)
    return [
      ...errors.map((error) => annotation(placed(error, file))),
      ...failed.map((one) => {
        const { line, col, name: title } = one
        return annotation({ file, line, col, title, message: differenceText(one) })
      }),
      ...complaintsOf(outcome).map((message) =>
        annotation({ file, line: 1, col: 1, title: 'tests', message }),
      ),
      `${visible(file, MAX_TEXT)}: ${passed} passed, ${failed.length} failed`,
    ]
  })
  return `${lines.join('\n')}\n`
}

interface Annotation {
  readonly file: string
  readonly line: number
  readonly col: number
  readonly title: string
  readonly message: string
}

const PLACED = /^(.+?):(\d+):(\d+): (.*)$/s

function placed(error: string, ownFile: string): Annotation {
  const [, file = ownFile, line = '1', col = '1', message = error] = PLACED.exec(error) ?? []
  return { file, line: Number(line), col: Number(col), title: 'refused', message }
}

function annotation({ file, line, col, title, message }: Annotation): string {
  return `::error file=${property(file)},line=${line},col=${col},title=${property(title)}::${data(message)}`
}

/** What the runner decodes: @actions/core, escapeData and escapeProperty. */
function data(text: string): string {
  return visible(text, MAX_TEXT).replaceAll('%', '%25')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
