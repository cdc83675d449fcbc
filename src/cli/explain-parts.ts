import { visible } from '../config/issues.ts'
import type { Check } from '../explain/explanation.ts'
import type { Io } from './command.ts'
import { MAX_CELL, tableOf } from './table.ts'

export const NOTHING = '-'

const STYLES = { good: '\u001b[32m', bad: '\u001b[31m', head: '\u001b[1m' } as const
const STYLE_END = '\u001b[0m'

/** In a terminal, unless its user wants none. */
export function styled(text: string, style: keyof typeof STYLES, { stdout, env }: Io): string {
  const hasColour = stdout.isTTY === true && (env.NO_COLOR ?? '') === ''
  return hasColour ? `${STYLES[style]}${text}${STYLE_END}` : text
}

/** Text of others, on one line. */
export const shown = (text: string): string => visible(text, MAX_CELL * 2)

/** A heading and what stands below it; nothing when that is nothing. */
export function section(title: string, body: string, io: Io): string {
  if (body === '') return ''
  const lines = body.trimEnd().split('\n')
  return `\n${styled(title, 'head', io)}\n${lines.map((line) => `  ${line}`.trimEnd()).join('\n')}\n`
}

/** Rows below their heads; nothing without rows. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : tableOf([heads, ...rows])
}

/** Names and values, one pair on a line; a value that is null is left out. */
export function pairs(entries: readonly (readonly [string, string | null])[]): string {
  const known = entries.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
  const width = Math.max(...known.map(([name]) => name.length))
  return known.map(([name, value]) => `${name.padEnd(width)}  ${shown(value)}\n`).join('')
}

export function checksTable(checks: readonly Check[]): string {
  return table(
    ['CHECK', 'VERDICT', 'CODE', 'WHY'],
    checks.map(({ check, verdict, code, note }) => [
      check,
      verdict.replace('_', ' '),
      code ?? NOTHING,
      note ?? NOTHING,
    ]),
  )
}
