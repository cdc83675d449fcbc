/** A row of the catalogue whose feature does not exist yet. It leaves this list in the change that brings the feature. */
export interface PendingRow {
  readonly id: string
  readonly why: string
}

function rows(from: number, to: number, why: string): PendingRow[] {
  return Array.from({ length: to - from + 1 }, (_, i) => ({ id: rowId(from + i), why }))
}

/** The one place that names what is not proved yet. */
export const PENDING: readonly PendingRow[] = [
  ...rows(54, 66, 'tokens are not built: `type: jwt` is refused at load'),
  ...rows(75, 82, 'the cache is not built: nothing is ever stored'),
  {
    id: 'V97',
    why: 'PostgreSQL and keys in a store are not built; quotas in SQLite are proved in stores-sqlite.test.ts',
  },
  { id: 'V103', why: 'webhooks are not built' },
]

const FIRST = 1
const LAST = 104

/** V01 to V104. */
export const ROW_IDS: readonly string[] = Array.from({ length: LAST - FIRST + 1 }, (_, i) => rowId(FIRST + i))

function rowId(number: number): string {
  return `V${String(number).padStart(2, '0')}`
}
