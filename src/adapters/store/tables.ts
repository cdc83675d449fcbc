/** What the store holds, as SQLite and PostgreSQL both know it: text and 64-bit integers. */
export interface Tables {
  quotas: QuotasTable
}

/** One row for each day or month counted now in a bucket; the next unit takes the place of the last. */
export interface QuotasTable {
  /** The bucket's key as a JSON string without its quotes: keys may hold bytes that text columns refuse or change. */
  bucket: string
  unit: 'day' | 'month'
  /** Days or months since 1970 resp. the year 0, as in `counters/calendar.ts`. */
  unit_id: number
  count: number
  /** Bits of the `warn_at` shares that were told of. */
  warned: number
}
