import { visible } from '../config/issues.ts'

export const MAX_CELL = 120
export const GAP = '  '

/** Rows of cells in aligned columns, the heads first. Every text is made harmless: names are the words of others. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => visible(cell, MAX_CELL)))
  const widths = (cells[0] ?? []).map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)))
  const lines = cells.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join(GAP)
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}
