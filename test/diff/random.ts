import fc from 'fast-check'
import { ROWS } from './changes.ts'
import { base, type Draft, outlined, textOf } from './scene.ts'

/** Places in the table of changes. */
export const someRows = fc.uniqueArray(fc.nat(ROWS.length - 1), { maxLength: 5 })

/** The base policy after some rows of the table; null when they contradict each other. */
export function policyAfter(rows: readonly number[]): Draft | null {
  const draft = base()
  try {
    for (const index of rows) {
      ROWS[index]?.both?.(draft)
      ROWS[index]?.change(draft)
    }
    outlined(textOf(draft), 'any.yaml')
    return draft
  } catch {
    return null
  }
}

/** In the order of the numbers, which are taken round and round. */
export function shuffled<T>(list: readonly T[], numbers: readonly number[]): T[] {
  const ranked = list.map((one, i) => ({ one, rank: numbers[i % numbers.length] ?? 0 }))
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ one }) => one)
}
