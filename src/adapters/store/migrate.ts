import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { quotas } from './migrations/0001-quotas.ts'
import { problemOf, StoreUnusable } from './problem.ts'

export type Migrations = Readonly<Record<string, Migration>>

/** Forward only: one that was ever released stays as it is, and the next change is a new one. */
export const MIGRATIONS: Migrations = { '0001-quotas': quotas }

const DONE_TABLE = 'store_migrations'
const LOCK_TABLE = 'store_migrations_lock'

/**
 * Brings the database to the version of this program, all steps or none.
 * @param path for messages
 * @throws StoreUnusable when it is of a newer version, or a step fails
 */
export async function migrate<T>(db: Kysely<T>, path: string, migrations = MIGRATIONS): Promise<void> {
  const unknown = (await doneIn(db)).filter((name) => !Object.hasOwn(migrations, name))
  if (unknown.length > 0) {
    const told = `it is of a newer version of Sallyport (${unknown.slice(0, 3).join(', ')})`
    throw new StoreUnusable(path, `${told}; start that version, or name another file`)
  }
  const { error } = await migratorOf(db, migrations).migrateToLatest()
  if (error !== undefined) throw new StoreUnusable(path, problemOf(error), error)
}

export function migratorOf<T>(db: Kysely<T>, migrations: Migrations): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: DONE_TABLE,
    migrationLockTableName: LOCK_TABLE,
  })
}

async function doneIn<T>(db: Kysely<T>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === DONE_TABLE)) return []
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(DONE_TABLE)}`.execute(db)
  return rows.map(({ name }) => name)
}
