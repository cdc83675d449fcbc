import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Kysely, Selectable } from 'kysely'
import { Calendar } from '../counters/calendar.ts'
import type { QuotaCount } from '../counters/quotas.ts'
import type { QuotasTable, Tables } from './tables.ts'

/** What a cell can hold; a file that says otherwise is not believed. */
const MAX_COUNT = 0xffff_ffff

/** The counts of quotas in the database. */
export class QuotaTable {
  readonly #db: Kysely<Tables>
  readonly #calendar = new Calendar()
  readonly #lookUp: StatementSync

  /** @param database the same one below Kysely: a charge that asks for a bucket cannot wait for a promise */
  constructor(db: Kysely<Tables>, database: DatabaseSync) {
    this.#db = db
    const query = db.selectFrom('quotas').selectAll().where('bucket', '=', '').orderBy('unit').compile()
    this.#lookUp = database.prepare(query.sql)
  }

  /**
   * Counts of the day and month of now, and of later ones, which a clock that is set right brings along.
   * @param maxBuckets of more buckets, those with the highest counts are told
   */
  async load(nowMs: number, maxBuckets: number): Promise<readonly QuotaCount[]> {
    const [day, month] = this.#unitsAt(nowMs)
    const rows = await this.#db
      .with('counted', (db) =>
        db
          .selectFrom('quotas')
          .selectAll()
          .where((is) =>
            is.or([
              is.and([is('unit', '=', 'day'), is('unit_id', '>=', day)]),
              is.and([is('unit', '=', 'month'), is('unit_id', '>=', month)]),
            ]),
          ),
      )
      .selectFrom('counted')
      .selectAll()
      .where('bucket', 'in', (db) =>
        db
          .selectFrom('counted')
          .select('bucket')
          .groupBy('bucket')
          .orderBy((is) => is.fn.max('count'), 'desc')
          .orderBy('bucket')
          .limit(maxBuckets),
      )
      .orderBy('bucket')
      .orderBy('unit')
      .execute()
    return rows.flatMap((row) => countOf(row) ?? [])
  }

  /** The counts of one bucket that are not over, at once. */
  lookUp(key: string, nowMs: number): readonly QuotaCount[] {
    const [day, month] = this.#unitsAt(nowMs)
    const rows = this.#lookUp.all(storedKey(key)) as unknown as Selectable<QuotasTable>[]
    return rows
      .flatMap((row) => countOf(row) ?? [])
      .filter(({ unit, unitId }) => unitId >= (unit === 'day' ? day : month))
  }

  /** Writes all of them or, when it rejects, none. */
  async write(counts: readonly QuotaCount[]): Promise<void> {
    const rows = counts.map(({ key, unit, unitId, count, warned }) => {
      return { bucket: storedKey(key), unit, unit_id: unitId, count, warned }
    })
    await this.#db
      .insertInto('quotas')
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(['bucket', 'unit']).doUpdateSet((is) => ({
          unit_id: is.ref('excluded.unit_id'),
          count: is.ref('excluded.count'),
          warned: is.ref('excluded.warned'),
        })),
      )
      .execute()
  }

  async forget(keys: readonly string[]): Promise<void> {
    await this.#db.deleteFrom('quotas').where('bucket', 'in', keys.map(storedKey)).execute()
  }

  /**
   * Deletes what was counted before yesterday and before the last month: a clock may waver about midnight.
   * @returns how many rows went, at most twice `max`
   */
  async deleteOld(nowMs: number, max: number): Promise<number> {
    const [day, month] = this.#unitsAt(nowMs)
    return (
      (await this.#deleteBefore('day', day - 1, max)) + (await this.#deleteBefore('month', month - 1, max))
    )
  }

  async #deleteBefore(unit: 'day' | 'month', unitId: number, max: number): Promise<number> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('quotas')
      .where('unit', '=', unit)
      .where('bucket', 'in', (db) =>
        db
          .selectFrom('quotas')
          .select('bucket')
          .where('unit', '=', unit)
          .where('unit_id', '<', unitId)
          .limit(max),
      )
      .executeTakeFirst()
    return Number(numDeletedRows)
  }

  #unitsAt(nowMs: number): readonly [day: number, month: number] {
    return [this.#calendar.idOf('day', nowMs), this.#calendar.idOf('month', nowMs)]
  }
}

/** A text column refuses NUL (PostgreSQL) or changes half surrogates, and then two keys would share a row. */
function storedKey(key: string): string {
  return JSON.stringify(key).slice(1, -1)
}

/** @returns null for what no gate has written */
function countOf({ bucket, unit, unit_id, count, warned }: Selectable<QuotasTable>): QuotaCount | null {
  const isSound =
    typeof bucket === 'string' &&
    (unit === 'day' || unit === 'month') &&
    [unit_id, count, warned].every((number) => Number.isSafeInteger(number) && number >= 0)
  if (!isSound || count > MAX_COUNT || warned > MAX_COUNT) return null
  const key = keyOf(bucket)
  return key === null ? null : { key, unit, unitId: unit_id, count, warned }
}

function keyOf(stored: string): string | null {
  try {
    return JSON.parse(`"${stored}"`)
  } catch {
    return null
  }
}
