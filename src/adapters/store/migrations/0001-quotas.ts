import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Counts of quotas. */
export const quotas: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('quotas')
      .addColumn('bucket', 'text', (column) => column.notNull())
      .addColumn('unit', 'text', (column) => column.notNull())
      .addColumn('unit_id', 'bigint', (column) => column.notNull())
      .addColumn('count', 'bigint', (column) => column.notNull())
      .addColumn('warned', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('quotas_key', ['bucket', 'unit'])
      .execute()
    await db.schema.createIndex('quotas_by_unit').on('quotas').columns(['unit', 'unit_id']).execute()
  },
}
