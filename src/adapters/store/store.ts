import type { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import type { QuotaJournal } from '../counters/quotas.ts'
import { migrate } from './migrate.ts'
import { problemOf, unusable } from './problem.ts'
import { QuotaKeeper, type StoreState } from './quota-keeper.ts'
import { QuotaTable } from './quota-table.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { openSqliteFile, stopWaiting } from './sqlite-file.ts'
import type { Tables } from './tables.ts'

export interface StoreOptions {
  readonly path: string
  /** Quotas of this process. */
  readonly journal: QuotaJournal
  /** The most buckets that are read at the start; others are looked up when their clients come. */
  readonly maxLoaded: number
  readonly nowMs: () => number
  /** Told when writing begins to fail, and with null when it works again. */
  readonly onProblem: (problem: string | null) => void
}

export interface Store {
  state(): StoreState
  flush(): Promise<void>
  /** Writes what is left, and closes. */
  close(): Promise<void>
}

/** The database below, too: for who has to look into it. */
export interface SqliteStore extends Store {
  readonly database: DatabaseSync
}

/**
 * Opens the store, brings it to this version, and loads the quotas of this day and month.
 * @throws StoreUnusable that says why it cannot be used
 */
export async function openStore(options: StoreOptions): Promise<SqliteStore> {
  const { path, journal, onProblem } = options
  const { database, unlock } = openSqliteFile(path)
  const db = new Kysely<Tables>({ dialect: sqliteDialect(database) })
  try {
    await migrate(db, path)
    const table = new QuotaTable(db, database)
    await load(table, options)
    stopWaiting(database)
    const keeper = new QuotaKeeper({ ...options, table })
    journal.lookUp = lookUpIn(table, keeper, options)
    const close = async (): Promise<void> => {
      await keeper.close()
      journal.lookUp = () => []
      closeDatabase(database, onProblem)
      unlock()
    }
    return { database, state: () => keeper.state(), flush: () => keeper.flush(), close }
  } catch (error) {
    database.close()
    unlock()
    throw unusable(path, error)
  }
}

async function load(table: QuotaTable, { journal, maxLoaded, nowMs }: StoreOptions): Promise<void> {
  const counts = await table.load(nowMs(), maxLoaded)
  journal.restore(counts, nowMs())
  const buckets = new Set(counts.map(({ key }) => key)).size
  if (buckets >= maxLoaded) journal.isIncomplete = true
}

/** A bucket that cannot be read counts from nothing: a store that fails refuses nobody. */
function lookUpIn(table: QuotaTable, keeper: QuotaKeeper, { nowMs }: StoreOptions): QuotaJournal['lookUp'] {
  return (key) => {
    try {
      return table.lookUp(key, nowMs())
    } catch (error) {
      keeper.readFailed(error)
      return []
    }
  }
}

/** Closing folds the log into the file, which a full disk may refuse; the log is read at the next start then. */
function closeDatabase(database: DatabaseSync, onProblem: (problem: string) => void): void {
  try {
    database.close()
  } catch (error) {
    onProblem(problemOf(error))
  }
}
