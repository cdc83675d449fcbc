import type { z } from 'zod'
import type { bucketSchema, limitsSchema } from '../admin/limit-view.ts'
import { visible } from '../config/issues.ts'
import type { Io } from './command.ts'
import { GAP, MAX_CELL, tableOf } from './table.ts'

type Limits = z.output<typeof limitsSchema>
/** A bucket's state, with what it is called. */
export type Row = Pick<z.output<typeof bucketSchema>, 'rate' | 'max' | 'remaining' | 'resets_at'> & {
  readonly names: readonly string[]
}

const NOTHING = '-'

/** All limits, one on a line, and how the shared store is. */
export function limitsTable({ limits, store }: Limits): string {
  const rows = limits.map(({ name, by, windows, concurrent, routes, key_count: keyCount }) => {
    const rates = windows.map(({ rate }) => rate)
    if (concurrent !== null) rates.push(`${concurrent} at once`)
    return [name, by.join(', '), rates.join(', '), `${routes.length}`, `${keyCount}`]
  })
  const table = tableOf([['LIMIT', 'BY', 'ALLOWS', 'ROUTES', 'KEYS'], ...rows])
  if (store === null) return table
  const { state, since, last_problem: problem } = store
  const why = problem === null ? '' : `: ${visible(problem, MAX_CELL)}`
  return `${table}\nshared store: ${state === 'closed' ? 'in use' : `given up${why}`}, since ${visible(since, MAX_CELL)}\n`
}

/** What an answer is worth while the shared store is given up. */
export function placeNote(countedIn: z.output<typeof bucketSchema>['counted_in']): string {
  return countedIn === 'fallback' ? '\nThe shared store is given up: this is the count of one process.\n' : ''
}

/** Buckets, one on a line; in a terminal with a bar for the share that is used. */
export function bucketTable(heads: readonly string[], rows: readonly Row[], io: Io): string {
  const isTerminal = io.stdout.isTTY === true
  const cells = rows.map(({ names, rate, max, remaining, resets_at: resetsAt }) => {
    const isKnown = max !== null && remaining !== null
    const used = isKnown ? `${max - remaining} of ${max}` : NOTHING
    const isFull = !isKnown || remaining === max
    return [
      ...names,
      rate ?? NOTHING,
      used,
      `${remaining ?? NOTHING}`,
      isFull ? NOTHING : (resetsAt ?? NOTHING),
    ]
  })
  const table = tableOf([[...heads, 'WINDOW', 'USED', 'LEFT', 'FREE AGAIN'], ...cells])
  if (!isTerminal) return table
  const hasColour = (io.env.NO_COLOR ?? '') === ''
  const bars = ['', ...rows.map((row) => barOf(row, hasColour))]
  const lines = table.trimEnd().split('\n')
  const width = Math.max(...lines.map(({ length }) => length))
  return `${lines.map((line, i) => `${line.padEnd(width)}${GAP}${bars[i] ?? ''}`.trimEnd()).join('\n')}\n`
}

const BAR_WIDTH = 20
const COLOURS = { low: '\u001b[32m', high: '\u001b[33m', full: '\u001b[31m' } as const
const COLOUR_END = '\u001b[39m'
const HIGH_SHARE = 0.8

function barOf({ max, remaining }: Row, hasColour: boolean): string {
  if (max === null || remaining === null || max <= 0) return ''
  const share = Math.min(Math.max(1 - remaining / max, 0), 1)
  const bar = `[${'#'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '.')}]`
  if (!hasColour) return bar
  return `${COLOURS[share >= 1 ? 'full' : share >= HIGH_SHARE ? 'high' : 'low']}${bar}${COLOUR_END}`
}
