import { visible } from '../config/issues.ts'
import type { FileReport } from '../report/read.ts'
import type { ReportResult } from '../report/result.ts'
import { counted } from './counted.ts'
import { tableOf } from './table.ts'

const MAX_ROWS = 50
const MAX_WIDTH = 120
const NOTHING = '-'
const HEADS = ['ROUTE', 'CODE', 'KEY', 'ORG', 'REQUESTS', 'SHARE', 'FIRST', 'LAST', 'LATEST']

/** A report for people. */
export function reportText(report: ReportResult, lines?: FileReport['lines']): string {
  const notes = lines === undefined ? '' : notesOf(lines)
  return `${tableText(report)}${summaryOf(report)}${isEmpty(report, lines) ? ': nothing is written in the audit' : ''}\n${notes}`
}

function isEmpty({ from }: ReportResult, lines: FileReport['lines'] | undefined): boolean {
  return from === null && lines !== undefined && Object.values(lines).every((count) => count === 0)
}

function tableText({ groups, requests, others }: ReportResult): string {
  if (groups.length === 0) return ''
  const rows = groups
    .slice(0, MAX_ROWS)
    .map(({ route, code, key, org, examples, ...group }) => [
      route ?? NOTHING,
      code,
      key ?? NOTHING,
      org ?? NOTHING,
      `${group.requests}`,
      shareOf(group.requests, requests),
      toTheSecond(group.first),
      toTheSecond(group.last),
      examples[0] ?? NOTHING,
    ])
  const more = groups.length - rows.length
  const told = [
    ...(more > 0 ? [`${counted(more, 'more group')}: --json tells ${more === 1 ? 'it' : 'them all'}`] : []),
    ...(others > 0 ? [`others: ${counted(others, 'refusal')} of groups for which there was no room`] : []),
  ]
  return `${tableOf([HEADS, ...rows])}${told.map((line) => `${line}\n`).join('')}\n`
}

function summaryOf({ requests, reported, from, to }: ReportResult): string {
  if (from === null || to === null) return 'no request was looked at'
  const span = `from ${toTheSecond(from)} to ${toTheSecond(to)}`
  if (reported === 0) return `none of ${counted(requests, 'request')} would have been refused, ${span}`
  return `${reported} of ${counted(requests, 'request')} (${shareOf(reported, requests)}) would have been refused, ${span}`
}

function notesOf({ broken, dropped, outside }: FileReport['lines']): string {
  const notes = [
    ...(outside > 0 ? [`left out: ${counted(outside, 'request')} before --since`] : []),
    ...(dropped > 0 ? [`missing: ${counted(dropped, 'line')} that the gate could not write`] : []),
    ...(broken > 0 ? [`left out: ${counted(broken, 'line')} not of an audit`] : []),
  ]
  return notes.map((note) => `${note}\n`).join('')
}

/** Never 0 for something, nor 100 for less than all. */
function shareOf(part: number, all: number): string {
  const percent = (part / all) * 100
  if (percent > 0 && percent < 0.1) return '<0.1%'
  if (percent < 100 && percent > 99.9) return '>99.9%'
  return `${percent.toFixed(1)}%`
}

/** The gate's own answer holds texts, too. */
const toTheSecond = (time: string): string => visible(time.replace(/\.\d{3}Z$/, 'Z'), MAX_WIDTH)
